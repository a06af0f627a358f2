// @ts-check
/** The face chooser: samples, faces kept by the server, and pictures chosen, dropped or pasted. */

import { element, removeButton } from './element.js';
import { FACES } from './messages.js';

/** @typedef {import('./api.js').Source} Source */

/**
 * One face that can be chosen.
 * @typedef {object} Face
 * @property {string} name
 * @property {string} picture address of what is shown
 * @property {Source | null} source null until the server has read it
 * @property {boolean} sample shipped with the page
 * @property {Source[]} more further photos of it
 */

/** @type {readonly {name: string, picture: string}[]} */
const SAMPLES = Object.freeze([
  { name: 'Eileen Collins, astronaut', picture: 'faces/astronaut.jpg' },
  { name: 'Grace Hopper, rear admiral', picture: 'faces/grace_hopper.jpg' },
]);
const REMEMBERED = 'mien.samples';
/** Which photos belong together: ids of the others by the id of the first. */
const TOGETHER = 'mien.photos';
const MOST_PHOTOS = 8;
const SHAPE_TOLERANCE = 0.02;

/** Dispatches 'chosen' (detail: a Face with its source) and 'problem' (detail: an error). */
export class FaceChooser extends EventTarget {
  /** @type {import('./api.js').Api | null} */
  #api = null;
  /** @type {Face[]} */
  #faces = [];
  /** @type {Face | null} */
  #chosen = null;
  #turn = 0;
  #parts;

  /** @param {(id: string) => HTMLElement} byId */
  constructor(byId) {
    super();
    this.#parts = {
      list: byId('faces'),
      file: /** @type {HTMLInputElement} */ (byId('file')),
      status: byId('face-status'),
      found: byId('found'),
      picture: /** @type {HTMLImageElement} */ (byId('found-picture')),
      region: byId('found-region'),
      notes: byId('face-notes'),
      more: byId('more'),
      moreFile: /** @type {HTMLInputElement} */ (byId('more-file')),
    };
    this.#parts.file.addEventListener('change', () => this.#takeFiles(this.#parts.file.files));
    this.#parts.moreFile.addEventListener('change', () => this.#takeMore(this.#parts.moreFile.files));
    this.#parts.picture.addEventListener('load', () => this.#drawRegion());
    document.addEventListener('paste', (event) => this.#takeFiles(event.clipboardData?.files));
    acceptDrops((files) => this.#takeFiles(files));
  }

  /** @returns {Face | null} the face in use, read by the server */
  get chosen() {
    return this.#chosen;
  }

  /** Ask the server for the faces that it keeps. @param {import('./api.js').Api} api */
  async load(api) {
    this.#api = api;
    const kept = await api.listSources();
    const ids = remembered(REMEMBERED);
    const together = remembered(TOGETHER);
    const samples = SAMPLES.map((sample) => {
      const source = kept.find((s) => s.id === ids[sample.picture]) ?? null;
      return { ...sample, source, sample: true, more: [] };
    });
    const others = Object.values(together).flat();
    const own = kept.filter((s) => !samples.some((f) => f.source?.id === s.id) && !others.includes(s.id));
    const more = (/** @type {Source} */ { id }) => kept.filter((s) => together[id]?.includes(s.id));
    this.#faces = [...samples, ...own.map((source, i) => ownFace(source, i + 1, more(source)))];
    this.#render();
  }

  clear() {
    this.#faces = [];
    this.#chosen = null;
    this.#render();
    this.#showFound();
    this.#say('');
  }

  /** Say something below the faces. @param {string} text */
  say(text) {
    this.#say(text);
  }

  /** Go back to a face, after the server has refused another. @param {Face | null} face */
  restore(face) {
    this.#chosen = face;
    this.#render();
    this.#showFound();
  }

  /** @param {FileList | null | undefined} files */
  #takeFiles(files) {
    const pictures = [...(files ?? [])].filter((file) => file.type.startsWith('image/'));
    if (!files?.length || !this.#api) return;
    const [file, ...others] = pictures;
    if (!file) return this.#fail({ kind: 'notPicture' });
    const picture = URL.createObjectURL(file);
    const name = FACES.own(this.#faces.filter((f) => !f.sample).length + 1);
    this.#parts.file.value = '';
    this.#choose({ name, picture, source: null, sample: false, more: [] }, file, others);
  }

  /** Further photos of the face in use. @param {FileList | null} files */
  async #takeMore(files) {
    const face = this.#chosen;
    const pictures = [...(files ?? [])].filter((file) => file.type.startsWith('image/'));
    if (!face?.source || !pictures.length) return;
    const turn = ++this.#turn;
    this.#parts.moreFile.value = '';
    this.#say(FACES.reading);
    try {
      await this.#addPhotos(face, pictures);
      if (turn === this.#turn) this.#use(face, face.source);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @param {Face} face @param {Blob[]} photos */
  async #addPhotos(face, photos) {
    for (const photo of photos.slice(0, MOST_PHOTOS - 1 - face.more.length)) {
      face.more.push(await this.#read({ ...face, sample: false }, photo));
    }
    const ids = face.more.map((source) => source.id);
    if (face.source && ids.length) remember(TOGETHER, face.source.id, ids);
  }

  /** @param {Face} face @param {Blob} [blob] its bytes @param {Blob[]} [others] further photos */
  async #choose(face, blob, others = []) {
    const turn = ++this.#turn;
    this.#say(FACES.reading);
    try {
      face.source ??= await this.#read(face, blob);
      await this.#addPhotos(face, others);
      if (!this.#faces.includes(face)) this.#faces.push(face);
      if (turn !== this.#turn) return this.#render();
      this.#use(face, face.source);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  /** @param {Face} face @param {Blob} [blob] @returns {Promise<Source>} */
  async #read(face, blob) {
    const api = /** @type {import('./api.js').Api} */ (this.#api);
    const bytes = blob ?? (await (await fetch(face.picture)).blob());
    const source = await api.addSource(bytes);
    if (face.sample) remember(REMEMBERED, face.picture, source.id);
    return source;
  }

  /** @param {Face} face @param {Source} source */
  #use(face, source) {
    this.#chosen = face;
    this.#render();
    this.#showFound();
    this.#say(face.more.length ? FACES.photos(1 + face.more.length) : FACES.found(source.faces));
    this.dispatchEvent(new CustomEvent('chosen', { detail: face }));
  }

  /** @param {Face} face */
  async #remove(face) {
    try {
      for (const source of [...face.more, /** @type {Source} */ (face.source)]) {
        await this.#api?.removeSource(source.id);
      }
    } catch (error) {
      return this.#fail(error);
    }
    this.#faces = this.#faces.filter((f) => f !== face);
    if (this.#chosen === face) this.restore(null);
    else this.#render();
    this.#say(FACES.removed);
    this.dispatchEvent(new CustomEvent('removed', { detail: face }));
    this.#parts.file.focus();
  }

  /** @param {unknown} error */
  #fail(error) {
    this.#say('');
    this.#render();
    this.dispatchEvent(new CustomEvent('problem', { detail: error }));
  }

  /** @param {string} text */
  #say(text) {
    this.#parts.status.textContent = text;
  }

  #render() {
    const held = this.#parts.list.contains(document.activeElement);
    this.#parts.list.replaceChildren(...this.#faces.map((face) => this.#thumb(face)));
    if (held) this.#parts.list.querySelector('input:checked')?.focus();
  }

  /** @param {Face} face @returns {HTMLLIElement} */
  #thumb(face) {
    const radio = element('input', { type: 'radio', name: 'face', checked: face === this.#chosen });
    radio.addEventListener('change', () => this.#choose(face));
    const image = element('img', { src: face.picture, alt: '', title: face.name });
    const name = element('span', { className: 'thumb-name', textContent: face.name });
    const label = element('label', { className: 'thumb' }, radio, image, name);
    const item = element('li', { role: 'presentation' }, label);
    const count = String(1 + face.more.length);
    if (face.more.length) label.append(element('span', { className: 'count', textContent: count }));
    if (!face.sample) {
      item.append(removeButton(FACES.remove(face.name), () => this.#remove(face)));
    }
    return item;
  }

  #showFound() {
    const { found, picture, region, notes } = this.#parts;
    const face = this.#chosen;
    found.hidden = !face;
    this.#parts.more.hidden = !face || face.sample || face.more.length >= MOST_PHOTOS - 1;
    region.hidden = true;
    if (face) picture.src = face.picture;
    if (face) this.#drawRegion();
    const lines = face?.source?.notes ?? [];
    notes.replaceChildren(...lines.map((textContent) => element('li', { textContent })));
  }

  /** A kept face may have a cut-out as its picture; the region belongs to the whole one. */
  #drawRegion() {
    const { picture, region } = this.#parts;
    const source = this.#chosen?.source;
    if (!source?.face || !picture.naturalWidth) return;
    const shape = (picture.naturalWidth / picture.naturalHeight) * (source.height / source.width);
    if (Math.abs(shape - 1) > SHAPE_TOLERANCE) return;
    const [x, y, width, height] = source.face.region;
    region.style.left = `${(100 * x) / source.width}%`;
    region.style.top = `${(100 * y) / source.height}%`;
    region.style.width = `${(100 * width) / source.width}%`;
    region.style.height = `${(100 * height) / source.height}%`;
    region.hidden = false;
  }
}

/** @param {Source} source @param {number} number @param {Source[]} more @returns {Face} */
function ownFace(source, number, more) {
  return { name: FACES.own(number), picture: source.preview, source, sample: false, more };
}

/** @param {(files: FileList | undefined) => void} take */
function acceptDrops(take) {
  const root = document.documentElement;
  const mark = (/** @type {DragEvent} */ event, /** @type {boolean} */ over) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    root.classList.toggle('dropping', over);
  };
  root.addEventListener('dragover', (event) => mark(event, true));
  root.addEventListener('dragleave', (event) => mark(event, false));
  root.addEventListener('drop', (event) => {
    mark(event, false);
    take(event.dataTransfer?.files);
  });
}

/** What this browser knows of the server's faces. @param {string} key @returns {Record<string, any>} */
function remembered(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}');
  } catch {
    return {};
  }
}

/** @param {string} key @param {string} name @param {string | string[]} ids */
function remember(key, name, ids) {
  localStorage.setItem(key, JSON.stringify({ ...remembered(key), [name]: ids }));
}
