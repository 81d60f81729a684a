// Runs in a copy of the page within a frame: reports to the page around it what a reader would stumble over.
'use strict';
const problems = [];
addEventListener('error', event => problems.push(`error: ${event.message}`));
addEventListener('securitypolicyviolation', event => problems.push(`it loads ${event.blockedURI}`));

const named = element => {
  const text = element.textContent.trim().slice(0, 40);
  return `<${element.tagName} ${element.id || element.getAttribute('class') || ''}> "${text}"`;
};

/** Returns whether an element may be wider than the page, because a box around it scrolls. */
const scrolls = element => element.closest('.scroll') !== null;

const checkWidth = () => {
  if (document.documentElement.scrollWidth > innerWidth) {
    problems.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  }
  for (const element of document.body.querySelectorAll('*')) {
    if (element.closest('svg, script, .skip')) continue;
    const box = element.getBoundingClientRect();
    if (!scrolls(element) && box.width > 0 && (box.right > innerWidth + 1 || box.left < -1)) {
      problems.push(`${named(element)} leaves the page`);
    }
    const isBox = getComputedStyle(element).display !== 'inline' && !element.matches('.scroll');
    if (isBox && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0) {
      problems.push(`${named(element)} overflows its box`);
    }
  }
};

const checkPictures = () => {
  for (const picture of document.querySelectorAll('svg')) {
    const sheet = picture.getBoundingClientRect();
    for (const text of picture.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      const isOutside = box.left < sheet.left - 2 || box.right > sheet.right + 2
        || box.top < sheet.top - 2 || box.bottom > sheet.bottom + 2;
      if (box.width > 0 && isOutside) problems.push(`${named(text)} leaves its picture ${picture.id}`);
    }
  }
};

const order = (table, column) => [...table.tBodies[0].rows].map(row => row.cells[column].textContent);

/** Checks that the figures of a column run upwards, or downwards for a sign of -1. */
const checkOrder = (table, column, sign) => {
  const cells = [...table.tBodies[0].rows].map(row => row.cells[column]);
  const numbers = cells.map(cell => cell.dataset.order).filter(Boolean).map(Number);
  if (numbers.some((number, place) => place > 0 && (number - numbers[place - 1]) * sign < 0)) {
    const texts = cells.map(cell => cell.textContent);
    problems.push(`${named(table.tHead.rows[0].cells[column])} is not in order: ${texts}`);
  }
};

const checkSorting = () => {
  const counts = { sorted: 0, moved: 0 };
  for (const table of document.querySelectorAll('table')) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = head.querySelector('button');
      if (button === null) return problems.push(`${named(head)} has no button`);
      const before = order(table, column);
      button.click();
      const ascending = order(table, column);
      if (head.getAttribute('aria-sort') !== 'ascending') problems.push(`${named(head)} does not report its order`);
      checkOrder(table, column, 1);
      button.click();
      const descending = order(table, column);
      checkOrder(table, column, -1);
      if (head.getAttribute('aria-sort') !== 'descending') problems.push(`${named(head)} does not turn round`);
      button.click();
      const after = order(table, column);
      if (after.join('\n') !== before.join('\n')) problems.push(`${named(head)} does not return to its first order`);
      const [some, all] = [ascending, before].map(texts => [...texts].sort().join('\n'));
      if (some !== all) problems.push(`${named(head)} loses rows`);
      counts.sorted += 1;
      counts.moved += ascending.join('\n') !== descending.join('\n') ? 1 : 0;
    });
  }
  return counts;
};

const checkFilters = () => {
  let filtered = 0;
  for (const box of document.querySelectorAll('.table')) {
    const input = box.querySelector('input');
    const rows = [...box.querySelectorAll('tbody tr')];
    const shown = () => rows.filter(row => getComputedStyle(row).display !== 'none');
    if (input === null) {
      if (rows.length > 8) problems.push(`${named(box)} cannot be filtered`);
      continue;
    }
    if (input.labels.length === 0) problems.push(`${named(box)}: its filter has no label`);
    const type = text => {
      input.value = text;
      input.dispatchEvent(new Event('input'));
    };
    const word = rows[rows.length - 1].cells[0].textContent;
    type(word.toUpperCase());
    const right = rows.filter(row => row.textContent.toLowerCase().includes(word.toLowerCase()));
    if (shown().length !== right.length || right.length === 0) problems.push(`${named(box)}: ${word} shows other rows`);
    type('no row has this');
    if (shown().length !== 0) problems.push(`${named(box)}: a word that no row has leaves rows`);
    type('');
    if (shown().length !== rows.length) problems.push(`${named(box)}: rows do not come back`);
    filtered += 1;
  }
  return filtered;
};

const checkAddress = () => {
  const closed = document.querySelector('details.workload');
  if (closed === null) return problems.push('there is no workload in depth');
  closed.open = false;
  location.hash = closed.id;
  dispatchEvent(new HashChangeEvent('hashchange'));
  if (!closed.open) problems.push('an address does not open what it names');
};

addEventListener('load', () => {
  document.querySelectorAll('details').forEach(details => { details.open = true; });
  checkWidth();
  checkPictures();
  // What the page's script does is the same at every width, and takes a while.
  const isWide = innerWidth > 1000;
  const { sorted, moved } = isWide ? checkSorting() : { sorted: 0, moved: 0 };
  const filtered = isWide ? checkFilters() : 0;
  if (isWide) checkAddress();
  const links = [...document.querySelectorAll('a')].map(link => link.href);
  parent.postMessage({ width: innerWidth, problems, sorted, moved, filtered, links }, '*');
});
