export { createLiveHub } from "./client.js";
export type { LiveHubOptions } from "./client.js";
export { LiveHubError } from "./errors.js";
export type { LiveHubErrorCode } from "./errors.js";
export type {
  AllOptions, Collection, CollectionState, CollectionStatus, Diff, HubBase, HubStatus, KeyOptions, LiveHub, LooseLiveHub,
  Single, SingleState, UpdatedRow, Watched,
} from "./api.js";
export type {
  ColumnOf, Direction, EntityName, EntityTypes, KeyOf, LooseKey, LooseRow, Narrow, OrderBy, OrderTerm, RowOf, Scalar,
  SchemaShape, Term, Where,
} from "./schema.js";
