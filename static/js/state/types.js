/**
 * What the browser knows at one playhead position. Types only; every value is plain data, so two states can be compared.
 */
/** @import {Hop, HeaderLayer, Leg, Scalar, InterfaceId, ElementId} from '../wire/protocol.js' */

/**
 * A spot on the stage.
 * @typedef {object} Place
 * @property {string} room   room id; the LAN for the underlay switch
 * @property {string} netns
 * @property {InterfaceId | null} interface   null: in the namespace, at no interface
 */
/** @typedef {'moving' | 'delivered' | 'dropped' | 'refused' | 'expired'} Fate */
/** @typedef {{readonly place: Place, readonly fate: Fate, readonly since: number}} Copy   `since`: hop index */
/**
 * A header field that this hop rewrote.
 * @typedef {object} FieldDiff
 * @property {number} layer   index into the packet's `headers` now
 * @property {string} name   `eth`, `ipv4` ...
 * @property {string} field
 * @property {Scalar} was   null: it was not there
 * @property {Scalar} now   null: it is gone
 */
/** @typedef {{readonly kind: 'DNAT' | 'SNAT' | 'VXLAN', readonly hop: number}} Stamp   stays on the packet until taken off */
/**
 * @typedef {object} PacketState
 * @property {number} packet
 * @property {Leg | null} leg
 * @property {number} attempt
 * @property {ReadonlyArray<Copy>} copies   where it is; several for a flooded frame, never empty; the last moved comes last
 * @property {Place | null} floodedAt   the bridge that flooded it, if one did
 * @property {ReadonlyArray<HeaderLayer>} headers   outermost first
 * @property {ReadonlyArray<FieldDiff>} diffs   rewritten at this very hop; empty again at the next
 * @property {number} pushed   how many of the outermost layers this hop put on
 * @property {ReadonlyArray<HeaderLayer>} popped   layers that this hop took off, outermost first
 * @property {number} depth   0 plain, 1 encapsulated once ...
 * @property {ReadonlyArray<Stamp>} stamps
 * @property {Fate} fate
 * @property {number} bornAt   hop index
 * @property {number} movedAt   hop index of its last hop
 */
/** @typedef {'cable' | 'wire' | 'inside' | 'jump'} SegmentKind   jump: no link is known between the two places */
/**
 * One stretch that a packet travelled.
 * @typedef {object} Segment
 * @property {number} packet
 * @property {number} hop   index of the hop that arrived
 * @property {Place} from
 * @property {Place} to
 * @property {string | null} link   scene link it ran along
 * @property {SegmentKind} kind
 */
/** @typedef {{readonly bridge: InterfaceId, readonly mac: string, readonly port: InterfaceId, readonly hop: number}} FdbEntry */
/** @typedef {{readonly netns: string, readonly interface: string | null, readonly ip: string, readonly mac: string | null, readonly hop: number}} NeighEntry   mac null: asked, not answered yet */
/** @typedef {{readonly fdb: ReadonlyArray<FdbEntry>, readonly neigh: ReadonlyArray<NeighEntry>}} LearnedTables   learned during this flow, oldest first */
/** @typedef {{readonly rooms: ReadonlyArray<string>, readonly interfaces: ReadonlyArray<InterfaceId>, readonly links: ReadonlyArray<string>}} Touched */
/**
 * @typedef {object} Stage
 * @property {number} index   hop index; -1 = before anything
 * @property {Hop | null} hop
 * @property {number | null} current   packet number of this hop
 * @property {Place | null} place   where this hop happened
 * @property {ReadonlyArray<PacketState>} packets   by packet number
 * @property {ReadonlyArray<Segment>} trail   all that was travelled up to now, oldest first
 * @property {Segment | null} segment   what the packet travels on its way to this hop; null: it did not move
 * @property {Touched} here   elements of this hop
 * @property {Touched} touched   elements of all hops up to now
 * @property {LearnedTables} tables
 */

/**
 * @typedef {object} Player
 * @property {number} count   hops that can be shown
 * @property {number} index   0..count-1; -1 only when there are no hops
 * @property {boolean} playing
 * @property {number} dwellMs   base dwell, 500..5000
 * @property {number} elapsedMs   since the playhead came to this hop
 * @property {number} motionMs   how long the way to a hop takes; 0 for reduced motion
 * @property {ReadonlyArray<number>} captionLengths   characters, by hop index
 */
/**
 * @typedef {{type: 'load', count: number, captionLengths?: ReadonlyArray<number>, index?: number}
 *   | {type: 'play'} | {type: 'pause'} | {type: 'toggle'}
 *   | {type: 'step'} | {type: 'back'} | {type: 'seek', index: number} | {type: 'home'} | {type: 'end'}
 *   | {type: 'tick', dtMs: number} | {type: 'setDwell', dwellMs: number} | {type: 'setMotion', motionMs: number}} PlayerAction
 */

/** @typedef {'arp' | 'route' | 'ttl' | 'rewrite' | 'wrap' | 'unwrap' | 'drop' | 'accept' | 'verdict' | 'question' | 'table' | 'message' | 'control'} MarkKind */
/**
 * A mark on the scrub bar.
 * @typedef {object} Mark
 * @property {MarkKind} kind   the most important of those merged
 * @property {string} letter
 * @property {number} index   hop index
 * @property {string} label   UI string code, `mark.rewrite` ...
 * @property {ReadonlyArray<{kind: MarkKind, index: number, letter: string, label: string}>} merged   everything it stands for, itself included
 */

/** @typedef {{readonly layer: number, readonly field: string}} FieldRef   layer index into the hop's headers */
/**
 * One selection for all panes. The hop is always the playhead's or one the student picked; the rest narrows it.
 * @typedef {object} Selection
 * @property {number | null} hop   hop index
 * @property {ElementId | null} element
 * @property {FieldRef | null} field
 * @property {number | null} evidence   0 the deciding entry, 1.. the skipped ones in order
 */
/**
 * What is to be lit in every pane for a selection.
 * @typedef {object} Linked
 * @property {ReadonlyArray<number>} hops   hop indexes
 * @property {ReadonlyArray<ElementId>} elements
 * @property {ReadonlyArray<FieldRef>} fields
 * @property {ReadonlyArray<number>} evidence
 */
/** @typedef {{readonly kind: 'node' | 'netns' | 'interface' | 'stage' | 'lan', readonly label: string, readonly code: string | null, readonly element: ElementId | null}} Crumb   `code`: UI string that replaces the label, e.g. `crumb.root-namespace` */
/** @typedef {{readonly hideArp: boolean, readonly legs: ReadonlyArray<Leg> | null, readonly group: boolean}} HopFilter   legs null: all */
/**
 * A row of the hop list.
 * @typedef {object} HopRow
 * @property {number} index
 * @property {Hop} hop
 * @property {string | null} heading   id of the place where a new group begins
 * @property {number} hiddenBefore   hops that the filter left out just before this row
 */

/** @typedef {'pod' | 'node' | 'client' | 'gateway' | 'service'} ChipShape */
/**
 * Who owns an address, and how that owner looks everywhere.
 * @typedef {object} Chip
 * @property {string} owner   room id
 * @property {string} label
 * @property {0 | 1 | 2 | 3 | 4 | 5} slot   0 = neutral
 * @property {string} tag   `P1`, `N2`, `C`, `S1`
 * @property {ChipShape} shape
 */
/**
 * @typedef {object} Slots
 * @property {Readonly<Record<string, Chip>>} owners   by room id
 * @property {Readonly<Record<string, string>>} addresses   IP or MAC -> room id
 */
/** @typedef {{readonly text: string}} TextToken */
/** @typedef {{readonly param: string, readonly value: Scalar}} ParamToken */
/** @typedef {TextToken | ParamToken} CaptionToken */

export {};
