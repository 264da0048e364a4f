import type { Lifecycles } from "./lifecycles.js";

export type { Lifecycles } from "./lifecycles.js";

/** What `mediafold types` says of an entity. */
export interface LifecycleTypes {
  state: string;
  flag: string;
  kind: string;
  data: string;
}

/** The built-in lifecycles with a user's own laid over them. */
export type Over<Own> = Omit<Lifecycles, keyof Own> & Own;

/** The entities that are known, such as `"mux/asset"`. */
export type Entity<Own = {}> = keyof Over<Own> & string;

type Of<Own, E extends Entity<Own>, Part extends keyof LifecycleTypes> = Over<Own>[E] extends LifecycleTypes
  ? Over<Own>[E][Part]
  : never;

/** The states of an entity. */
export type State<E extends Entity<Own>, Own = {}> = Of<Own, E, "state">;
/** The flags of an entity. */
export type Flag<E extends Entity<Own>, Own = {}> = Of<Own, E, "flag">;
/** The event kinds of an entity. */
export type Kind<E extends Entity<Own>, Own = {}> = Of<Own, E, "kind">;

export type Verdict = "Moved" | "Stayed" | "Gap" | "Illegal" | "Duplicate" | "Unknown";
export type Severity = "error" | "warning" | "info";

interface EventOf<E extends Entity<Own>, Own> {
  entity: E;
  /** The asset's id. */
  id: string;
  /** The kind as the definition has it; `null` for one that it does not have. */
  kind: Kind<E, Own> | null;
  /** The kind as it came. */
  name: string;
  event_id: string | null;
  /** When it happened, by the provider's clock. */
  at: string | null;
  received_at: string | null;
  /** The provider's word for where the asset is. */
  status: string | null;
  parent: Parent | null;
  /** Its number in a delivery of several, from 1. */
  item: number | null;
  /** The asset that knows this event alone. */
  fold: string;
}

/** One fact about one asset; `entity` tells which kinds there are. */
export type MediaEvent<E extends Entity<Own> = never, Own = {}> = [E] extends [never]
  ? { [K in Entity<Own>]: EventOf<K, Own> }[Entity<Own>]
  : { [K in E]: EventOf<K, Own> }[E];

export interface Parent {
  entity: string;
  id: string;
}

interface AssetOf<E extends Entity<Own>, Own> {
  entity: E;
  id: string;
  state: State<E, Own>;
  /** The provider's last word for it, as it came. */
  status: string | null;
  since: string | null;
  /** Nothing more need happen. */
  rest: boolean;
  /** Nothing more may happen. */
  end: boolean;
  events: number;
  duplicates: number;
  late: number;
  flags: Flag<E, Own>[];
  retries: number;
  parent: Parent | null;
  findings: Record<Severity, number>;
  /** Last known values. Numbers are JavaScript's here: beyond 2^53 only the row has every digit. */
  data: Partial<Record<Of<Own, E, "data">, unknown>>;
}

/** An asset as it stands; `entity` tells which states there are. */
export type Asset<E extends Entity<Own> = never, Own = {}> = [E] extends [never]
  ? { [K in Entity<Own>]: AssetOf<K, Own> }[Entity<Own>]
  : { [K in E]: AssetOf<K, Own> }[E];

/** A coded remark; `mediafold explain CODE` says more. */
export interface Finding {
  code: string;
  name: string;
  severity: Severity;
  entity: string | null;
  id: string | null;
  event: string | null;
  event_id: string | null;
  at: string | null;
  state: string | null;
  allowed: string[];
  missing: string[];
  message: string;
  help: string;
  item: number | null;
}

/** What one delivery said. */
export interface Reading<Own = {}> {
  provider: string | null;
  events: MediaEvent<never, Own>[];
  /** What could not be read. */
  findings: Finding[];
  /** Where the sender only tests the address: `return new Response(answer.body, answer)`. */
  answer: { status: number; headers: [string, string][]; body: string; visit: string | null } | null;
}

/** What became of a row. `before`, `after` and `changed` are relative to the row that was given. */
export interface Stepped<E extends Entity<Own>, Own = {}> {
  /** To be stored in place of what was given. */
  fold: string;
  asset: Asset<E, Own>;
  verdict: Verdict;
  /** The state is another than before: act upon it once, after this is stored. */
  changed: boolean;
  before: State<E, Own>;
  after: State<E, Own>;
  late: boolean;
  findings: Finding[];
}

/** A row as `step` would have left it. */
export interface Row<Own = {}> {
  fold: string;
  asset: Asset<never, Own>;
}

/** One event of an asset's history. */
export interface HistoryEntry {
  at: string | null;
  received_at: string | null;
  kind: string | null;
  name: string;
  event_id: string | null;
  status: string | null;
  verdict: Verdict;
  before: string;
  after: string;
  /** The names of what there is to say of it. */
  findings: string[];
  item: number | null;
}

export interface LifecycleInfo {
  entity: string;
  title: string;
  states: { name: string; summary: string; rest: boolean; end: boolean; error: boolean; dwell: number | null }[];
  flags: string[];
  kinds: string[];
}

/** A Date, milliseconds since 1970, or RFC 3339. */
export type Time = Date | number | string;
export type Bytes = string | Uint8Array | ArrayBuffer | ArrayBufferView;
export type HeadersLike =
  | Iterable<readonly [string, string]>
  | Iterable<string[]>
  | { readonly [name: string]: string | readonly string[] | undefined };

/** Who sends, and how that is proven. */
export interface Sender {
  provider: string;
  /** The provider's secret, or several while one takes the place of another. */
  secrets: string | readonly string[];
  /** How it is signed, where that is not as the definition says: the members of `[signature]`. */
  scheme?: { scheme: string; [parameter: string]: string };
  /** How far a signed time may be from ours, in seconds. */
  tolerance?: number;
  /** The address as the provider knows it, where a proxy stands between. */
  url?: string;
  /** What a provider is told that asks for a token of yours. */
  verifyToken?: string;
  now?: Time;
  receivedAt?: Time;
}

export interface ReceiveOptions extends Sender {
  /** The longest body that is read, in bytes; 1 MiB unless it is said otherwise. */
  limit?: number;
}

export interface UnwrapOptions extends Sender {
  method?: string;
}

export interface ReadOptions {
  provider?: string;
  headers?: HeadersLike;
  url?: string;
  receivedAt?: Time;
}

/** How much of its history a row keeps: 64 events unless it is said otherwise; `false` for all. */
export type Bound = false | { events?: number | null; age?: string };

export interface StepOptions {
  bound?: Bound;
  /** A new asset believes illegal events, though never out of an end. */
  follow?: boolean;
}

export interface ManyOptions extends StepOptions {
  provider?: string;
}

/** The part of a Request that is read. */
export interface RequestLike {
  readonly url: string;
  readonly method: string;
  readonly headers: Iterable<[string, string]> | Iterable<string[]>;
  readonly bodyUsed: boolean;
  arrayBuffer(): Promise<ArrayBuffer>;
}

export type TextFormat = "mermaid" | "dot" | "xstate" | "scxml";
/** `svg` and `text` need `mediafold/draw`. */
export type Format = TextFormat | "svg" | "text";

/** The same by definitions of your own, laid over the built-in ones. `Own` is what `mediafold types` made of them. */
export declare class Mediafold<Own = {}> {
  constructor(options?: { definitions?: Readonly<Record<string, string>> });
  receive(request: RequestLike, options: ReceiveOptions): Promise<Reading<Own>>;
  unwrap(body: Bytes, headers: HeadersLike, options: UnwrapOptions): Reading<Own>;
  read(body: Bytes, options?: ReadOptions): Reading<Own>;
  step<E extends Entity<Own>>(
    fold: string | null | undefined,
    event: EventOf<E, Own>,
    options?: StepOptions,
  ): Stepped<E, Own>;
  merge<E extends Entity<Own> = Entity<Own>>(ours: string | null | undefined, theirs: string): Stepped<E, Own>;
  asset<E extends Entity<Own> = never>(fold: string): Asset<E, Own>;
  findings(fold: string): Finding[];
  history(fold: string): HistoryEntry[];
  overdue(fold: string, now?: Time): Finding | null;
  fold(bytes: Bytes, options?: ManyOptions): Row<Own>[];
  check(bytes: Bytes, options?: { provider?: string }): (Finding & { line: number | null })[];
  diagram(entity: Entity<Own>, format?: Format, options?: { fold?: string | null }): string;
  lifecycles(): LifecycleInfo[];
}

/** Verifies a Request, and reads what it says. */
export declare const receive: Mediafold["receive"];
/** Verifies a body by its headers, and reads what it says. */
export declare const unwrap: Mediafold["unwrap"];
/** Reads a body that somebody else verified, or nobody. */
export declare const read: Mediafold["read"];
/** One event onto a row, or onto none. */
export declare const step: Mediafold["step"];
/** What `theirs` knows into `ours`, which is the row as it is stored. */
export declare const merge: Mediafold["merge"];
/** The asset as it stands. */
export declare const asset: Mediafold["asset"];
/** Everything there is to say of its events. */
export declare const findings: Mediafold["findings"];
/** Its events as they happened. */
export declare const history: Mediafold["history"];
/** Whether it has been in its state for longer than is normal. */
export declare const overdue: Mediafold["overdue"];
/** The rows of all assets in a file of deliveries. */
export declare const fold: Mediafold["fold"];
/** The findings of a file of deliveries. */
export declare const check: Mediafold["check"];
/** A lifecycle as a diagram, or the way of one asset through it. */
export declare const diagram: Mediafold["diagram"];
/** What lifecycles there are. */
export declare const lifecycles: Mediafold["lifecycles"];

/** What all errors of this package are. */
export declare class MediafoldError extends Error {}
/** A request was not signed with any of the secrets. */
export declare class UnsignedError extends MediafoldError {
  readonly status: 401;
}
/** A body is longer than is read. */
export declare class TooLargeError extends MediafoldError {
  readonly status: 413;
}
/** Definitions cannot be used. */
export declare class DefinitionError extends MediafoldError {
  readonly problems: {
    code: string;
    name: string;
    path: string;
    line: number;
    column: number;
    message: string;
    help: string;
  }[];
}
/** A text is not a saved asset, or not of the one that it should be of. */
export declare class LoadError extends MediafoldError {
  readonly reason:
    | "malformed"
    | "other_version"
    | "other_entity"
    | "other_asset"
    | "unknown_entity"
    | "unknown_state"
    | "unknown_flag"
    | "no_event";
}
/** The caller's own mistake. */
export declare class UsageError extends MediafoldError {}
