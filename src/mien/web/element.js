// @ts-check
/** Elements of the page, made in one expression. */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {object} properties @param {...Node} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/**
 * The small cross on a picture.
 * @param {string} words what it does @param {() => void} act @returns {HTMLButtonElement}
 */
export function removeButton(words, act) {
  const button = element('button', { type: 'button', className: 'remove', title: words });
  button.setAttribute('aria-label', words);
  button.innerHTML = '<svg class="icon" aria-hidden="true"><use href="#i-close"/></svg>';
  button.addEventListener('click', act);
  return button;
}
