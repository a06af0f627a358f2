module.exports = {
  mode: 'production',
  entry: './main.ts',
  output: { path: `${__dirname}/dist`, filename: 'main.js' },
  module: { rules: [{ test: /\.ts$/, use: 'ts-loader' }] },
  resolve: { extensions: ['.ts', '.js'], alias: { 'agora-rtc-sdk-ng$': 'mien-agora-rtc' } },
  performance: { hints: false },
};
