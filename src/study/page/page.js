'use strict';
// The page can be read without this: it sorts and filters tables, and opens what an address names.
const FEW_ROWS = 8;

const key = (row, column) => {
  const cell = row.cells[column];
  const text = cell.textContent;
  const number = Number(cell.dataset.order ?? (text.trim() === '' ? NaN : text));
  return { text, number };
};

const compare = (a, b) => {
  const [isA, isB] = [a, b].map(one => !Number.isNaN(one.number));
  if (isA && isB) return a.number - b.number;
  // Words come after figures, and nothing after words.
  if (isA !== isB) return isA ? -1 : 1;
  if ((a.text === '') !== (b.text === '')) return a.text === '' ? 1 : -1;
  return a.text.localeCompare(b.text, 'en', { numeric: true });
};

const sortable = table => {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const next = { ascending: 'descending', descending: null }[head.getAttribute('aria-sort')];
      const order = next === undefined ? 'ascending' : next;
      heads.forEach(other => other.removeAttribute('aria-sort'));
      const sorted = [...rows];
      if (order !== null) {
        head.setAttribute('aria-sort', order);
        const keys = new Map(rows.map(row => [row, key(row, column)]));
        const sign = order === 'ascending' ? 1 : -1;
        sorted.sort((a, b) => {
          const [one, other] = [keys.get(a), keys.get(b)];
          // What has no figure stays at the end, whichever way the figures run.
          const isMixed = Number.isNaN(one.number) !== Number.isNaN(other.number);
          return compare(one, other) * (isMixed ? 1 : sign);
        });
      }
      body.append(...sorted);
    });
  });
};

const filterable = (box, table) => {
  const rows = [...table.tBodies[0].rows];
  if (rows.length <= FEW_ROWS) return;
  const texts = rows.map(row => row.textContent.toLowerCase());
  const label = document.createElement('label');
  const input = document.createElement('input');
  const output = document.createElement('output');
  label.className = 'filter';
  input.type = 'search';
  label.append('Rows with ', input, output);
  output.textContent = `${rows.length} rows`;
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/);
    let shown = 0;
    rows.forEach((row, place) => {
      row.hidden = !words.every(word => texts[place].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    output.textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
  });
  box.prepend(label);
};

const openNamed = () => {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named === null) return;
  for (let node = named; node !== null; node = node.parentElement) {
    if (node.tagName === 'DETAILS') node.open = true;
  }
  named.querySelector(':scope > details')?.setAttribute('open', '');
  named.scrollIntoView();
};

document.querySelectorAll('.table').forEach(box => {
  const table = box.querySelector('table');
  sortable(table);
  filterable(box, table);
});
addEventListener('hashchange', openNamed);
openNamed();
