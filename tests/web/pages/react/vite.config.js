export default {
  esbuild: { jsx: 'automatic' },
  // All that a program changes: where two names lead, and which server is meant.
  resolve: {
    alias: [
      { find: /^agora-rtc-react$/, replacement: 'mien-agora-rtc/react' },
      { find: /^agora-rtc-sdk-ng$/, replacement: 'mien-agora-rtc' },
    ],
  },
  define: { 'globalThis.MIEN_SERVER': JSON.stringify(process.env.MIEN_SERVER) },
};
