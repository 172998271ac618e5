/**
 * Draws a geometry as a plain SVG file, to look at it: `node tests/js/dev/svg.js WIDTH HEIGHT LEVEL SCENE STORY > out.svg`.
 * A tool for whoever works on the layout; the product has its own drawing.
 */
/** @import {CableLine, Geometry, InterfaceBox, Label, RoomBox} from '../../../static/js/layout/types.js' */
import {layoutScene} from '../../../static/js/layout/layout.js';
import {pathData} from '../../../static/js/layout/path.js';
import {makeScene, tutorialScene} from '../support/scenes.js';
import {STORIES} from '../support/stories.js';
import {segmentBetween} from '../../../static/js/layout/route.js';

const C = {bg: '#fff', panel: '#f3f5f8', text: '#16202e', muted: '#4a5668', line: '#5c687a', hair: '#d5dbe4', node: '#e9eef5', bridge: '#e3f0ea', tunnel: '#efe6f8', plum: '#763c6c', green: '#085943', blue: '#2367c3'};

/** @param {Label} label @param {string} [fill] @returns {string} */
function text({text: words, x, y, size, anchor, face, bold, role}, fill) {
  const colour = fill ?? (role === 'mac' || role === 'note' || role === 'tag' || role === 'badge' ? C.muted : C.text);
  const safe = words.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}" fill="${colour}" font-weight="${bold ? 600 : 400}" font-family="${face === 'mono' ? 'JetBrains Mono, monospace' : 'Inter, sans-serif'}">${safe}</text>`;
}

/** @param {{x: number, y: number, w: number, h: number}} r @param {string} attributes */
const rect = (r, attributes) => `<rect x="${r.x}" y="${r.y}" width="${r.w}" height="${r.h}" ${attributes}/>`;

/** @param {RoomBox} room @returns {string} */
function drawRoom(room) {
  const faint = room.quiet ? ' opacity=".72"' : '';
  const frames = {
    node: rect(room, `rx="6" fill="${C.node}" stroke="${C.line}"`),
    netns: rect(room, `rx="10" fill="none" stroke="${room.quiet ? C.line : C.green}" stroke-width="${room.quiet ? 1 : 1.6}" stroke-dasharray="5 4"`)
      + (room.inner ? rect(room.inner, `rx="7" fill="${C.bg}" stroke="${room.quiet ? C.line : C.green}"`) : ''),
    cloud: rect(room, `rx="${room.h / 2}" fill="${C.panel}" stroke="${room.quiet ? C.line : C.blue}" stroke-width="1.4"`),
    bus: rect(room, `rx="5" fill="${C.hair}"`),
    group: rect(room, `rx="8" fill="none" stroke="${C.line}" stroke-dasharray="2 3"`),
  };
  const fib = room.fib ? rect(room.fib.rect, `rx="5" fill="${C.panel}" stroke="${C.line}" stroke-dasharray="3 3"`) + text(room.fib.label) : '';
  const tiles = room.tiles.map((tile) => rect(tile.rect, `rx="3" fill="${C.panel}" stroke="${C.hair}"`) + text(tile.label)).join('');
  return `<g${faint}>${frames[room.shape]}${fib}${room.labels.map((label) => text(label)).join('')}${tiles}</g>`;
}

/** @param {InterfaceBox} box @returns {string} */
function drawInterface(box) {
  const looks = {
    plug: `fill="${C.line}"`, port: `rx="2" fill="${C.bg}" stroke="${C.line}"`, bar: `rx="4" fill="${C.bridge}" stroke="${C.line}"`,
    tube: `rx="${box.h / 2}" fill="${C.tunnel}" stroke="${C.plum}" stroke-width="1.5"`, square: `rx="3" fill="${C.panel}" stroke="${C.line}"`, ring: `rx="${box.w / 2}" fill="none" stroke="${C.line}"`,
  };
  const inner = box.shape === 'tube' ? rect({x: box.x + 4, y: box.y + 4, w: box.w - 8, h: box.h - 8}, `rx="${box.h / 2 - 4}" fill="none" stroke="${C.plum}" stroke-width=".7"`) : '';
  return `<g${box.quiet ? ' opacity=".72"' : ''}>${rect(box, looks[box.shape])}${inner}${box.labels.map((label) => text(label)).join('')}</g>`;
}

/** @param {CableLine} cable @returns {string} */
function drawCable(cable) {
  const d = pathData(cable.points, cable.radius);
  const looks = {
    veth: `stroke="${C.line}" stroke-width="2"`, wire: `stroke="${C.line}" stroke-width="1.6"`, lane: 'stroke="none"',
    track: `stroke="${C.line}" stroke-width="1.4" stroke-dasharray="2 5"`, tunnel: `stroke="${C.plum}" stroke-width="5"`,
  };
  const core = cable.kind === 'tunnel' ? `<path d="${d}" fill="none" stroke="${C.tunnel}" stroke-width="3"/>` : '';
  return `<g${cable.quiet ? ' opacity=".72"' : ''}><path d="${d}" fill="none" ${looks[cable.kind]}/>${core}${cable.labels.map((label) => text(label)).join('')}</g>`;
}

/** @param {Geometry} geometry @param {string} [extra] @returns {string} */
export function toSvg({width, height, rooms, interfaces, cables, tables}, extra = '') {
  const bars = interfaces.filter(({shape}) => shape === 'bar');
  const others = interfaces.filter(({shape}) => shape !== 'bar');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`
    + rect({x: 0, y: 0, w: width, h: height}, `fill="${C.bg}"`) + rooms.map(drawRoom).join('')
    + tables.map((table) => rect(table, `rx="4" fill="${C.bg}" stroke="${C.hair}"`) + text(table.title)
      + Array.from({length: table.capacity}, (_, i) => text({...table.title, text: '0a:58:0a:02:02:30  port 1', y: table.y + 19 + 11 + i * table.rowHeight})).join('')).join('')
    + cables.filter(({kind}) => kind === 'tunnel').map(drawCable).join('') + bars.map(drawInterface).join('')
    + cables.filter(({kind}) => kind !== 'tunnel').map(drawCable).join('') + others.map(drawInterface).join('') + extra + '</svg>';
}

const [width = '1092', height = '558', level = '2', which = 'tutorial', story = 'cross'] = process.argv.slice(2);
if (process.argv[1]?.endsWith('svg.js')) {
  const many = () => makeScene(Array.from({length: Number(which)}, (_, i) => ({
    name: `k8s-node-${11 + i}`, ip: `10.0.0.${11 + i}`, cidr: `10.2.${1 + i}`, pods: Array.from({length: (i * 7) % 9}, (_u, p) => /** @type {const} */ ([`web-${i}-${p}`, `10.2.${1 + i}.${p + 2}`])),
  })));
  const scene = which === 'tutorial' ? tutorialScene() : many();
  const geometry = layoutScene(scene, {width: Number(width), height: Number(height), level: level === '1' ? 1 : level === '2' ? 2 : 3, touched: STORIES[story] ?? []});
  const way = segmentBetween(geometry, {room: 'pod/default/my-nginx-1', netns: 'pod/default/my-nginx-1', interface: 'pod/default/my-nginx-1:eth0'}, {room: 'pod/default/my-nginx-13', netns: '', interface: 'pod/default/my-nginx-13:eth0'});
  const line = process.env['WAY'] ? `<path d="M${way.points.map(({x, y}) => `${x} ${y}`).join('L')}" fill="none" stroke="#2367c3" stroke-width="2.5" opacity=".6"/>` : '';
  process.stdout.write(toSvg(geometry, line));
}
