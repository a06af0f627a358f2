// @ts-check
/** The server's HTTP interface, as the page uses it. */

const OK = 1000;

/** An answer that is not a success. `kind` is set where no code came: 'offline' or 'server'. */
export class ApiError extends Error {
  /** @param {string} message @param {{code?: number, kind?: string}} about */
  constructor(message, { code, kind }) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.kind = kind;
  }
}

/**
 * @typedef {object} Source
 * @property {string} id
 * @property {number} width of the picture, pixels
 * @property {number} height of the picture, pixels
 * @property {{landmarks: number[][], region: [number, number, number, number]}} face
 * @property {number} faces how many faces the picture has
 * @property {string} preview a small picture, as an address or data URI
 * @property {string[]} notes what could be better about the picture
 */

/**
 * @typedef {object} Session
 * @property {string} _id
 * @property {string} channel_id
 * @property {string} front_rtc_token
 * @property {number} faceswap_status
 * @property {RTCIceServer[]} [ice_servers]
 */

/**
 * Which faces are worn, and by whom: fields of create and update.
 * @typedef {object} Worn
 * @property {{path: string, person?: number}[]} sourceImage
 * @property {{path: string, opts: string}[]} [targetImage]
 * @property {'largest' | 'all' | 'chosen'} [face_mode]
 */

export class Api {
  /** @param {string} token @param {typeof fetch} [send] */
  constructor(token, send = (input, init) => fetch(input, init)) {
    this.token = token;
    this.send = send;
  }

  /**
   * @param {string} clientId @param {string} clientSecret
   * @returns {Promise<string>} a token
   */
  static async signIn(clientId, clientSecret) {
    const answer = await new Api('').call('POST', '/api/open/v3/getToken', {
      json: { clientId, clientSecret },
    });
    return answer.token;
  }

  /** @returns {Promise<Source[]>} faces kept by the server, newest first */
  async listSources() {
    const data = await this.call('GET', '/v1/sources');
    return Array.isArray(data) ? data : (data.sources ?? []);
  }

  /** @param {Blob} picture @returns {Promise<Source>} */
  addSource(picture) {
    const form = new FormData();
    form.append('file', picture, /** @type {File} */ (picture).name ?? 'face');
    return this.call('POST', '/v1/sources', { form });
  }

  /** @param {string} id */
  removeSource(id) {
    return this.call('DELETE', `/v1/sources/${encodeURIComponent(id)}`);
  }

  /**
   * The faces of a picture, largest first.
   * @param {string} picture a data URI
   * @returns {Promise<{opts: string, region: [number, number, number, number]}[]>} where each is
   */
  async detect(picture) {
    const answer = await this.call('POST', '/detect', { json: { img: picture, single_face: false } });
    const places = answer.landmarks_str ?? [];
    return places.map((/** @type {string} */ opts, /** @type {number} */ n) => ({
      opts,
      region: answer.region[n],
    }));
  }

  /**
   * @param {Worn} worn @param {number} quality 1 to 3
   * @param {boolean} record have the server keep what it sends @returns {Promise<Session>}
   */
  create(worn, quality, record) {
    return this.call('POST', '/api/open/v3/faceswap/live/create', {
      json: { ...worn, faceswap_quality: quality, record },
    });
  }

  /** @param {string} id of the session @param {Worn} worn */
  update(id, worn) {
    const json = { _id: id, ...worn };
    return this.call('POST', '/api/open/v3/faceswap/live/update', { json });
  }

  /** @param {string} id of the session @param {boolean} [leaving] the page is going away */
  close(id, leaving = false) {
    const json = { _id: id };
    return this.call('POST', '/api/open/v3/faceswap/live/close', { json, keepalive: leaving });
  }

  /**
   * @param {Session} session @param {string} sdp
   * @returns {Promise<{peer_id: string, sdp: string, uid: number, algorithm_user_id: string}>}
   */
  join(session, sdp) {
    const path = `/v1/channels/${encodeURIComponent(session.channel_id)}/join`;
    return this.call('POST', path, { json: { sdp }, bearer: session.front_rtc_token });
  }

  /** @param {Session} session @param {string} peerId */
  leave(session, peerId) {
    const channel = encodeURIComponent(session.channel_id);
    const path = `/v1/channels/${channel}/peers/${encodeURIComponent(peerId)}`;
    return this.call('DELETE', path, { bearer: session.front_rtc_token });
  }

  /**
   * @param {string} method @param {string} path
   * @param {{json?: object, form?: FormData, bearer?: string, keepalive?: boolean}} [about]
   * @returns {Promise<any>} the answer's data
   */
  async call(method, path, { json, form, bearer = this.token, keepalive = false } = {}) {
    /** @type {Record<string, string>} */
    const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
    if (json) headers['content-type'] = 'application/json';
    const body = json ? JSON.stringify(json) : form;
    let response;
    try {
      response = await this.send(path, { method, headers, body, keepalive, cache: 'no-store' });
    } catch (error) {
      throw new ApiError(String(error), { kind: 'offline' });
    }
    return unwrap(response);
  }
}

/** @param {Response} response @returns {Promise<any>} */
async function unwrap(response) {
  if (response.status === 204) return {};
  const envelope = await response.json().catch(() => null);
  // Detect answers in a form of its own; a picture without a face is no failure here.
  if (typeof envelope?.error_code === 'number') return envelope;
  if (typeof envelope?.code !== 'number') {
    // A gateway in front of a server that is down answers for it.
    const kind = [502, 503, 504].includes(response.status) ? 'offline' : 'server';
    throw new ApiError(`HTTP ${response.status}`, { kind });
  }
  if (envelope.code !== OK) throw new ApiError(envelope.msg ?? '', { code: envelope.code });
  return envelope.data ?? {};
}
