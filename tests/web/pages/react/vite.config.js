export default {
  esbuild: { jsx: 'automatic' },
  // agora-rtc-react hands out a copy of the cloud's SDK as its default export; this one gives ours.
  resolve: { alias: [{ find: /^agora-rtc-react$/, replacement: 'agora-rtc-sdk-ng/react' }] },
  // Where the session was created is not known to the page: it comes by the address.
  define: { 'globalThis.MIEN_SERVER': JSON.stringify(process.env.MIEN_SERVER) },
};
