export * from 'agora-rtc-react';
export { default } from './agora-rtc.js';
