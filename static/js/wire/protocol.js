/**
 * The shapes that cross the wire: traces, scenes, lessons, and what the socket events carry.
 *
 * Types only: this module has no code and imports nothing. Everything is plain JSON. Names are the engine's own
 * (docs/architecture.md, "The trace"), so `t_us` is virtual time in microseconds and an interface id is `NETNS:NAME`.
 */

/** @typedef {string | number | boolean | null} Scalar */
/** @typedef {Readonly<Record<string, Scalar>>} Params   values for the `{name}` slots of a caption */
/** @typedef {{readonly zh: string, readonly en: string}} Text   a sentence in both languages; safe HTML where so said */
/** @typedef {'zh' | 'en'} Lang */
/** @typedef {string} InterfaceId   `NETNS:NAME`, e.g. `pod/default/client-a:eth0` */
/** @typedef {string} ElementId   anything that can be pointed at on the stage: a room, interface or link id */

/**
 * What one device or one hook did. The closed list of docs/architecture.md.
 * @typedef {'transmit' | 'receive' | 'loopback'
 *   | 'arp-request' | 'arp-reply' | 'arp-failed'
 *   | 'bridge-learn' | 'bridge-forward' | 'bridge-flood' | 'bridge-drop'
 *   | 'route' | 'no-route' | 'blackhole' | 'ttl-decrement'
 *   | 'hook' | 'rule' | 'dnat' | 'snat' | 'masquerade' | 'un-dnat' | 'un-snat' | 'mark' | 'reject'
 *   | 'conntrack-new' | 'conntrack-match' | 'conntrack-invalid'
 *   | 'encapsulate' | 'decapsulate' | 'fragment' | 'reassemble' | 'mtu-exceeded'
 *   | 'deliver' | 'accept' | 'refuse' | 'icmp-error' | 'drop' | 'timeout' | 'retransmit'
 *   | 'dns-query' | 'dns-answer' | 'tls-handshake' | 'http-request' | 'http-match' | 'http-response'
 *   | 'control'} HopKind
 */
/** @typedef {'request' | 'reply' | 'icmp-error' | 'client-rst' | 'icmp-error-about-client-rst' | 'arp' | 'data' | 'control'} Leg */

/** @typedef {{readonly layer: 'eth', readonly src: string, readonly dst: string}} EthLayer */
/**
 * @typedef {object} ArpLayer
 * @property {'arp'} layer
 * @property {'request' | 'reply'} op
 * @property {string} sender_mac
 * @property {string} sender
 * @property {string} target_mac
 * @property {string} target
 */
/**
 * @typedef {object} Ipv4Layer
 * @property {'ipv4'} layer
 * @property {string} src
 * @property {string} dst
 * @property {number} ttl
 * @property {string} proto
 * @property {number} len   bytes
 * @property {boolean} df
 * @property {number} [id]
 * @property {{offset: number, more: boolean}} [frag]   offset in bytes
 */
/**
 * @typedef {object} IcmpLayer
 * @property {'icmp'} layer
 * @property {number} type
 * @property {number} code
 * @property {string} name
 * @property {number} [id]
 * @property {number} [seq]
 * @property {number} [mtu]   bytes
 * @property {ReadonlyArray<HeaderLayer>} [quotes]   the headers that an ICMP error quotes
 */
/** @typedef {{layer: 'udp', sport: number, dport: number, len: number}} UdpLayer */
/**
 * @typedef {object} TcpLayer
 * @property {'tcp'} layer
 * @property {number} sport
 * @property {number} dport
 * @property {string} flags   `S`, `SA`, `A`, `RA` ...
 * @property {number} seq
 * @property {number} ack
 * @property {number} [mss]   bytes
 */
/** @typedef {{layer: 'vxlan', vni: number}} VxlanLayer */
/**
 * A DNS message.
 * @typedef {object} DnsLayer
 * @property {'dns'} layer
 * @property {number} size   bytes
 * @property {number} id
 * @property {string} name   what is asked, with its final dot
 * @property {string} type   `A`, `AAAA` ...
 * @property {string} flags   as dig prints them
 * @property {string} [rcode]   of an answer: `NOERROR`, `NXDOMAIN` ...
 * @property {ReadonlyArray<string>} [answers]   type and data of each record
 */
/**
 * A segment in which an HTTP message begins.
 * @typedef {object} HttpLayer
 * @property {'http'} layer
 * @property {number} size   bytes in this segment
 * @property {string} line   the request line or the status line
 * @property {string} [host]   the field Host of a request
 * @property {string} [text]   what a person would read first of the body
 */
/**
 * A segment that begins with a TLS record.
 * @typedef {object} TlsLayer
 * @property {'tls'} layer
 * @property {number} size   bytes in this segment
 * @property {string} records   e.g. `Client Hello`
 * @property {string} [server_name]   the SNI of a ClientHello
 */
/** @typedef {{layer: 'payload', size: number, text?: string}} PayloadLayer */
/** @typedef {EthLayer | ArpLayer | Ipv4Layer | IcmpLayer | UdpLayer | TcpLayer | VxlanLayer | DnsLayer | HttpLayer | TlsLayer | PayloadLayer} HeaderLayer */

/** @typedef {{readonly field: string, readonly before: Scalar, readonly after: Scalar}} Change   null: the field was not there */
/** @typedef {{readonly entry: string, readonly because: string}} SkippedEntry */
/**
 * The table that decided, in the text of the real tool.
 * @typedef {object} Evidence
 * @property {string} tool   a command that can be run, e.g. `ip route get fibmatch 10.2.2.50`
 * @property {string} entry   the deciding entry word for word; "" where nothing matched
 * @property {ReadonlyArray<SkippedEntry>} skipped
 * @property {ReadonlyArray<string>} [matched]   netfilter: every rule that matched, jumps included, in order
 * @property {string} [verdict]   netfilter: ACCEPT, DROP, REJECT or `policy ...`
 */
/** @typedef {{readonly code: string, readonly params: Params}} Caption */

/**
 * @typedef {object} Hop
 * @property {number} n
 * @property {number} t_us
 * @property {number} packet   0: a hop of the control plane, about no packet
 * @property {Leg | null} leg
 * @property {number} attempt
 * @property {HopKind} kind
 * @property {string | null} node   null or "" outside the nodes
 * @property {string} netns
 * @property {string | null} interface   null or "": at no interface, in the stack itself
 * @property {string | null} stage   where in the stack: `nat PREROUTING`, `fib` ...
 * @property {ReadonlyArray<HeaderLayer>} headers   outermost first
 * @property {ReadonlyArray<Change>} changes
 * @property {Evidence | null} evidence
 * @property {Caption} caption
 * @property {string} [table]   netfilter hops only
 * @property {string} [chain]   the built-in chain, i.e. the hook
 */

/**
 * What `tcpdump -i IFACE` would have printed. Not on the wire; derived from the hops that made it.
 * @typedef {object} Sighting
 * @property {number} t_us
 * @property {number} packet
 * @property {number} attempt
 * @property {Leg | null} leg
 * @property {string} netns
 * @property {string} interface
 * @property {'tx' | 'rx'} direction
 * @property {number} hop   `n` of the transmit, receive or loopback hop
 * @property {EthLayer | null} eth   the outermost frame
 * @property {Ipv4Layer | null} outer   the outer IPv4 header of an encapsulated packet
 * @property {Ipv4Layer | null} ip   the innermost
 * @property {HeaderLayer | null} l4   the innermost udp, tcp or icmp
 * @property {ArpLayer | null} arp
 */

/**
 * @typedef {object} Verdict
 * @property {string} outcome
 * @property {string | null} at
 * @property {Leg | null} [leg]
 * @property {string} why
 * @property {string} sender_learns
 * @property {number} [http_status]
 * @property {string} [rcode]   of a DNS answer that was what was asked for
 * @property {Caption} caption
 */
/**
 * @typedef {object} TracedInterface
 * @property {string} netns
 * @property {string} name
 * @property {string} kind
 * @property {string} mac
 * @property {number} mtu
 * @property {ReadonlyArray<string>} addresses
 * @property {string | null} master
 * @property {string | null} peer
 */
/**
 * @typedef {object} ConntrackEntry
 * @property {string} proto
 * @property {string} state
 * @property {Readonly<Record<string, Scalar>>} orig
 * @property {Readonly<Record<string, Scalar>>} reply
 * @property {ReadonlyArray<string>} flags
 * @property {ReadonlyArray<string>} nat
 * @property {string} text
 */
/**
 * A whole flow, as the browser keeps it.
 * @typedef {object} Trace
 * @property {number} seed
 * @property {string} from
 * @property {string} to
 * @property {Verdict | null} verdict   null while an open question hides the end
 * @property {ReadonlyArray<TracedInterface>} interfaces
 * @property {Readonly<Record<string, ReadonlyArray<ConntrackEntry>>>} conntrack
 * @property {ReadonlyArray<Hop>} hops
 * @property {number} total   hops in the whole flow
 * @property {number} withheld   further hops that an open question hides
 */

/** @typedef {0 | {readonly d: ReadonlyArray<readonly [number, string, Scalar]>} | ReadonlyArray<HeaderLayer>} WireHeaders */
/** @typedef {readonly [string | number, Scalar, Scalar]} WireChange */
/** @typedef {readonly [string | number, string | number, ReadonlyArray<readonly [string | number, string | number]>, ReadonlyArray<string | number>?, (string | number)?]} WireEvidence */
/**
 * [n, t_us, packet, leg, attempt, kind, node, netns, interface, stage, headers, changes, evidence, captionCode, captionParams, table?, chain?];
 * leg, kind, node, netns, interface, stage, captionCode and every text of changes and evidence are indexes into `texts`, -1 = null.
 * @typedef {readonly [number, number, number, number, number, number, number, number, number, number,
 *   WireHeaders, ReadonlyArray<WireChange>, WireEvidence | null, number, Params, number?, number?]} WireHop
 */
/**
 * @typedef {object} WireMessage
 * @property {'podwalk-wire/v1'} schema
 * @property {number} seed
 * @property {string} from
 * @property {string} to
 * @property {Verdict | null} verdict
 * @property {ReadonlyArray<TracedInterface>} interfaces
 * @property {Readonly<Record<string, ReadonlyArray<ConntrackEntry>>>} conntrack
 * @property {number} total
 * @property {number} withheld
 * @property {ReadonlyArray<string>} texts
 * @property {ReadonlyArray<WireHop>} hops
 */

export {};
