/**
 * Where everything on the stage stands. Types only. Units: CSS pixels of a stage of `width` x `height`; y grows downwards.
 */
/** @import {RoomKind, InterfaceKind, LinkKind} from '../wire/scene.js' */

/** @typedef {{readonly x: number, readonly y: number}} Point */
/** @typedef {{readonly x: number, readonly y: number, readonly w: number, readonly h: number}} Rect */
/** @typedef {1 | 2 | 3} Level   1 boxes and wires; 2 + addresses, MACs, tables; 3 + everything */
/** @typedef {'landscape' | 'portrait'} Orientation */
/**
 * @typedef {object} LayoutOptions
 * @property {number} width
 * @property {number} height
 * @property {Level} level
 * @property {ReadonlyArray<string>} [focus]   element ids of the lesson's `look.focus`
 * @property {ReadonlyArray<string>} [touched]   element ids that the trace touches (state/touched.js)
 * @property {boolean} [bare]   nothing stands over the picture: no breadcrumb above, no caption below
 * @property {Orientation} [orientation]   left out: portrait when width < 560
 */
/**
 * A text with its place. `x`, `y` is the baseline point of an SVG `<text>` with that `anchor`.
 * @typedef {object} Label
 * @property {string} text
 * @property {'name' | 'address' | 'mac' | 'note' | 'port' | 'tag' | 'badge' | 'unit'} role   unit: a counted noun, to be translated
 * @property {number} x
 * @property {number} y
 * @property {number} size   px
 * @property {'start' | 'middle' | 'end'} anchor
 * @property {'sans' | 'mono'} face
 * @property {boolean} bold
 * @property {number} width   estimated, px
 */
/** @typedef {'node' | 'netns' | 'cloud' | 'bus' | 'group'} RoomShape */
/**
 * @typedef {object} RoomBox
 * @property {string} id   room id; a group's is `NODE#more`
 * @property {RoomKind | 'group'} kind
 * @property {RoomShape} shape
 * @property {string | null} parent   id of the room box around it
 * @property {number} x
 * @property {number} y
 * @property {number} w
 * @property {number} h
 * @property {Rect | null} inner   a pod's solid box inside its dashed namespace
 * @property {Point} anchor   where a packet rests when it is in this room at no interface
 * @property {{rect: Rect, label: Label} | null} fib   a node's routing decision, drawn as a dashed gate
 * @property {ReadonlyArray<Label>} labels
 * @property {ReadonlyArray<{rect: Rect, label: Label}>} tiles   containers, level 3
 * @property {boolean} quiet   not part of the story: drawn fainter
 * @property {boolean} collapsed   inside not shown
 * @property {ReadonlyArray<string>} members   room ids that a group or a collapsed box stands for
 */
/** @typedef {'plug' | 'port' | 'bar' | 'tube' | 'square' | 'ring'} InterfaceShape */
/**
 * @typedef {object} InterfaceBox
 * @property {string} id
 * @property {InterfaceKind} kind
 * @property {InterfaceShape} shape
 * @property {string} room
 * @property {number} x
 * @property {number} y
 * @property {number} w
 * @property {number} h
 * @property {Point} anchor   where a packet rests when it is at this interface
 * @property {Point} outside   where its cable begins
 * @property {ReadonlyArray<Label>} labels
 * @property {boolean} up
 * @property {boolean} quiet
 */
/**
 * @typedef {object} CableLine
 * @property {string} id   scene link id, or `track:...`, `lane:...` for a way inside a room
 * @property {LinkKind | 'track' | 'lane'} kind   track: dotted way inside a node; lane: only travelled, not drawn
 * @property {string} a   interface or room id, or another stop of the way (`NODE#fib`)
 * @property {string} b
 * @property {ReadonlyArray<Point>} points   corners, from a to b; draw with `pathData(points, radius)`
 * @property {number} radius   of the corners
 * @property {string | null} tag
 * @property {ReadonlyArray<Label>} labels   tags at both plugs
 * @property {boolean} up
 * @property {boolean} quiet
 */
/**
 * Room kept for a table; the view fills it with as many rows as fit.
 * @typedef {object} TableBox
 * @property {string} id   `NETNS:BRIDGE#fdb`
 * @property {'fdb'} kind
 * @property {string} owner   interface id
 * @property {number} x
 * @property {number} y
 * @property {number} w
 * @property {number} h
 * @property {Label} title
 * @property {number} rowHeight
 * @property {number} capacity   rows that fit
 */
/**
 * @typedef {object} Geometry
 * @property {number} width   of the drawing; larger than asked only when it cannot fit
 * @property {number} height
 * @property {Level} level
 * @property {Orientation} orientation
 * @property {ReadonlyArray<RoomBox>} rooms   outer before inner
 * @property {ReadonlyArray<InterfaceBox>} interfaces
 * @property {ReadonlyArray<CableLine>} cables
 * @property {ReadonlyArray<TableBox>} tables
 * @property {Readonly<Record<string, Point>>} taps   where an underlay switch port (`underlay:swp2`) meets the bus
 * @property {Readonly<Record<string, string>>} hidden   id of what is not drawn -> id of the box that stands for it
 * @property {Rect} caption   free strip for the caption, below everything
 */
/**
 * A way to travel.
 * @typedef {object} Path
 * @property {ReadonlyArray<Point>} points   dense: corners already rounded
 * @property {ReadonlyArray<number>} lengths   cumulated, same length as points; the first is 0
 */

export {};
