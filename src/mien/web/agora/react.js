// @ts-check
/**
 * agora-rtc-react carries a copy of the cloud's SDK and gives it as its default export. Alias
 * `agora-rtc-react` to this file where a program takes AgoraRTC from there.
 */

export * from 'agora-rtc-react/dist/agora-rtc-react.mjs';
export { default } from './index.js';
