// Checked by `npm run test:types`, never run. Every line under @ts-expect-error must not compile.
import { createLiveHub, type Collection, type LiveHub } from "../src/index.js";

interface Schema {
  Card: {
    row: { id: number; listId: number; title: string; done: boolean; memberId: number | null; status: "open" | "shut"; tags: string[] };
    key: number;
    relations: {};
  };
  CardLabel: { row: { cardId: number; labelId: number }; key: { cardId: number; labelId: number }; relations: {} };
  Comment: { row: { id: string; text: string }; key: string };
}

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Equal<A, B>): void => {};

const live: LiveHub<Schema> = createLiveHub<Schema>("/live", { accessTokenFactory: async () => "token" });
createLiveHub("/live", { configure: (builder) => builder.configureLogging("none") });
createLiveHub("/live", { configure: async (builder) => void builder.withUrl("/live", {}) });

// Entities -------------------------------------------------------------------------------------------------------------
live.all("Card");
// @ts-expect-error no such entity
live.all("Crad");
// @ts-expect-error no such entity
live.one("Crad", 1);
// @ts-expect-error no such entity
live.many("Crad", [1]);
// @ts-expect-error a typed hub takes no row type
live.all<{ id: number }>("Card");
// @ts-expect-error an entity by its name
live.all();
// @ts-expect-error a name that is not known to be one of the schema's
live.all("Card" as string);

// Keys -----------------------------------------------------------------------------------------------------------------
live.one("Card", 42);
live.one("CardLabel", { cardId: 1, labelId: 2 });
live.many("CardLabel", [{ cardId: 1, labelId: 2 }]);
live.all("Card").get(42);
live.all("CardLabel").get({ cardId: 1, labelId: 2 });
// @ts-expect-error the key is a number
live.one("Card", "42");
// @ts-expect-error the key is a number
live.many("Card", ["42"]);
// @ts-expect-error the key is a number
live.all("Card").get("42");
// @ts-expect-error the key is a number
live.many("Card", [1]).get("1");
// @ts-expect-error a composite key has all its columns
live.one("CardLabel", { cardId: 1 });
// @ts-expect-error a composite key has no other columns
live.one("CardLabel", { cardId: 1, labelId: 2, id: 3 });
// @ts-expect-error a composite key is no value
live.all("CardLabel").get(1);
// @ts-expect-error a composite key is no value
live.one("CardLabel", 1);
// @ts-expect-error a composite key's columns have their types
live.one("CardLabel", { cardId: 1, labelId: "2" });
// @ts-expect-error a composite key has all its columns
live.many("CardLabel", [{ cardId: 1, labelId: 2 }, { labelId: 2 }]);
// @ts-expect-error a composite key has no other columns
live.many("CardLabel", [{ cardId: 1, labelId: 2, id: 3 }]);
// @ts-expect-error a composite key has all its columns
live.all("CardLabel").get({ cardId: 1 });
// @ts-expect-error a composite key has no other columns
live.all("CardLabel").get({ cardId: 1, labelId: 2, id: 3 });
// @ts-expect-error a single key is no object
live.one("Card", { id: 42 });
// @ts-expect-error a key is never null
live.one("Card", null);
// @ts-expect-error one key
live.one("Card", [42]);
// @ts-expect-error a list of keys
live.many("Card", 42);
// @ts-expect-error a key is asked for
live.one("Card");

// Filters --------------------------------------------------------------------------------------------------------------
live.all("Card", { where: { listId: 7, memberId: null, status: "open", done: false } });
live.all("Card", { where: { memberId: { in: [1, 2, null] }, status: { in: ["open"] } } });
// @ts-expect-error no such column
live.all("Card", { where: { lisId: 7 } });
// @ts-expect-error no such column beside a good one
live.all("Card", { where: { listId: 7, lisId: 7 } });
// @ts-expect-error the column is a number
live.all("Card", { where: { listId: "7" } });
// @ts-expect-error the column is never null
live.all("Card", { where: { listId: null } });
// @ts-expect-error not a value of the enum
live.all("Card", { where: { status: "opne" } });
// @ts-expect-error no such operator
live.all("Card", { where: { listId: { gt: 7 } } });
// @ts-expect-error a list of the column's values
live.all("Card", { where: { listId: { in: ["7"] } } });
// @ts-expect-error lists only by in
live.all("Card", { where: { listId: [7] } });
// @ts-expect-error a list of the column's values, null not among them
live.all("Card", { where: { listId: { in: [7, null] } } });
// @ts-expect-error a list, not a value
live.all("Card", { where: { listId: { in: 7 } } });
// @ts-expect-error no operator beside in
live.all("Card", { where: { listId: { in: [7], gt: 7 } } });
// @ts-expect-error not a value of the enum, in a list
live.all("Card", { where: { status: { in: ["open", "opne"] } } });
// @ts-expect-error undefined would show more than was asked for
live.all("Card", { where: { memberId: undefined } });
// @ts-expect-error the column is a boolean
live.all("Card", { where: { done: 1 } });
// @ts-expect-error JSON columns cannot be filtered by, not by a list of values either
live.all("Card", { where: { tags: { in: ["a"] } } });
// @ts-expect-error an object of columns
live.all("Card", { where: [{ listId: 7 }] });
// @ts-expect-error a filter stands under where
live.all("Card", { listId: 7 });
// @ts-expect-error JSON columns cannot be filtered by
live.all("Card", { where: { tags: ["a"] } });
// @ts-expect-error keys take no filter
live.one("Card", 42, { where: { listId: 7 } });
// @ts-expect-error keys take no filter
live.many("Card", [42], { where: { listId: 7 } });

// Columns --------------------------------------------------------------------------------------------------------------
const narrow = live.all("Card", { columns: ["id", "title"] });
same<typeof narrow, Collection<{ readonly id: number; readonly title: string }, number>>(true);
const narrowOne = live.one("Card", 42, { columns: ["title"] });
same<typeof narrowOne.row, { readonly title: string } | undefined>(true);
const whole = live.many("Comment", ["a"]);
same<(typeof whole.rows)[number], { readonly id: string; readonly text: string }>(true);
// @ts-expect-error no such column
live.all("Card", { columns: ["id", "titel"] });
// @ts-expect-error no such column
live.one("Card", 42, { columns: ["titel"] });
// @ts-expect-error no such column
live.many("Card", [42], { columns: ["titel"] });
// @ts-expect-error not asked for
narrow.rows[0]?.done;
// @ts-expect-error not asked for
narrowOne.row?.id;
// @ts-expect-error not asked for
narrow.get(1)?.done;
// @ts-expect-error not asked for
narrow.state.rows[0]?.done;
// @ts-expect-error not asked for
narrowOne.state.row?.id;
// @ts-expect-error not asked for
narrow.onDiff(({ inserted }) => inserted[0]?.done);
// @ts-expect-error not asked for
narrow.onDiff(({ updated }) => updated[0]?.columns.includes("done"));
// @ts-expect-error columns are a list
live.all("Card", { columns: "title" });
// @ts-expect-error what was narrowed is not the whole row
same<typeof narrow, Collection<Readonly<Schema["Card"]["row"]>, number>>(true);

// Order ----------------------------------------------------------------------------------------------------------------
live.all("Card", { orderBy: { title: "asc" } });
live.all("Card", { orderBy: [{ done: "desc" }, { title: "asc" }] });
live.all("Card", { columns: ["id", "title"], orderBy: { title: "asc" } });
// @ts-expect-error no such column
live.all("Card", { orderBy: { titel: "asc" } });
// @ts-expect-error no such direction
live.all("Card", { orderBy: { title: "up" } });
// @ts-expect-error a column that was not asked for cannot be sorted by
live.all("Card", { columns: ["id"], orderBy: { title: "asc" } });
// @ts-expect-error keys keep the order asked for
live.many("Card", [1], { orderBy: { title: "asc" } });
// @ts-expect-error one row has no order
live.one("Card", 1, { orderBy: { title: "asc" } });
// @ts-expect-error no such column, among several terms
live.all("Card", { orderBy: [{ done: "desc" }, { titel: "asc" }] });
// @ts-expect-error a column and its direction
live.all("Card", { orderBy: "title" });

// What is not built -------------------------------------------------------------------------------------------------------
// @ts-expect-error live windows are not built yet
live.all("Card", { orderBy: { title: "asc" }, limit: 10 });
// @ts-expect-error relations are not built yet
live.one("Card", 1, { include: { list: true } });
// @ts-expect-error groups are not built yet
live.group;
// @ts-expect-error shapes that the server names are not built yet
live.shape;

// Rows -----------------------------------------------------------------------------------------------------------------
const cards = live.all("Card");
same<typeof cards.status, "loading" | "live" | "stale" | "failed" | "closed">(true);
cards.onDiff((diff) => {
  same<(typeof diff.updated)[number]["columns"], readonly ("id" | "listId" | "title" | "done" | "memberId" | "status" | "tags")[]>(true);
});
// @ts-expect-error a status is one of five
cards.status === "lvie";
// @ts-expect-error a hub has other states than a collection
live.status === "stale";
// @ts-expect-error without an error there is no code
cards.error.code;
// @ts-expect-error there may be no such row
cards.get(42).title;
// @ts-expect-error there may be no row
live.one("Card", 42).row.title;
// @ts-expect-error rows are read only
cards.rows.push();
// @ts-expect-error rows are read only
cards.rows.sort();
// @ts-expect-error rows are read only
cards.rows = [];
// @ts-expect-error the state is read only
cards.state.rows = [];
// @ts-expect-error the rows of a state are read only
cards.state.rows.pop();
// @ts-expect-error a diff is read only
cards.onDiff(({ deleted }) => deleted.pop());
// @ts-expect-error a row of a diff is read only
cards.onDiff(({ updated }) => (updated[0]!.row.done = true));
// @ts-expect-error the status is read only
cards.status = "live";
// @ts-expect-error the status is read only
live.status = "closed";
// @ts-expect-error a row is read only
(cards.rows[0]!).title = "x";
// @ts-expect-error a collection has no single row
cards.row;
// @ts-expect-error a single row has no rows
live.one("Card", 42).rows;
// @ts-expect-error a single row is found already
live.one("Card", 42).get(42);
// @ts-expect-error a single row is read only
live.one("Card", 42).row!.title = "x";
// @ts-expect-error a listener is a function
cards.subscribe({ next() {} });
// @ts-expect-error a listener of changes gets nothing
cards.subscribe((rows: unknown) => rows);
// @ts-expect-error a collection is no hub
cards.closeAll();

// The hub --------------------------------------------------------------------------------------------------------------------
// @ts-expect-error no such option
createLiveHub("/live", { accessToken: "x" });
// @ts-expect-error a function that gives the token
createLiveHub("/live", { accessTokenFactory: "x" });
// @ts-expect-error a function of the attempt
createLiveHub("/live", { reconnectDelayMs: 1000 });
// @ts-expect-error milliseconds are a number
createLiveHub("/live", { serverTimeoutMs: "30s" });
// @ts-expect-error somewhere to connect to
createLiveHub();
// @ts-expect-error a label is a text
live.watching(1);
// @ts-expect-error a schema's entities have a row and a key
createLiveHub<{ Card: { row: { id: number } } }>("/live");
// @ts-expect-error no such option
live.all("Card", { lable: "mine" });

// Untyped --------------------------------------------------------------------------------------------------------------
interface Card { id: number; title: string }
const loose = createLiveHub("/live");
const looseCards = loose.all<Card>("Card", { where: { id: { in: [1] } }, columns: ["title"], orderBy: { title: "desc" } });
same<(typeof looseCards.rows)[number], Readonly<Card>>(true);
looseCards.get(42);
looseCards.get("42");
loose.one<Card>("Card", 42).row?.title;
loose.many("Card", [1, "2", { a: 1 }]).rows[0]?.["anything"];
loose.all("Card", { where: { anything: 1, other: { in: ["x"] } }, orderBy: { anything: "asc" }, columns: ["anything"] });
// @ts-expect-error not a column of the row that was named
loose.all<Card>("Card", { where: { titel: "x" } });
// @ts-expect-error not a column of the row that was named
loose.all<Card>("Card", { columns: ["titel"] });
// @ts-expect-error no such operator
loose.all("Card", { where: { anything: { gt: 1 } } });
// @ts-expect-error not a column of the row that was named
loose.all<Card>("Card", { orderBy: { titel: "asc" } });
// @ts-expect-error the column is a number
loose.all<Card>("Card", { where: { id: "1" } });
// @ts-expect-error the column is a number
loose.all<Card>("Card", { where: { id: { in: ["1"] } } });
// @ts-expect-error not a column of the row that was named
loose.one<Card>("Card", 42, { columns: ["titel"] });
// @ts-expect-error not a column of the row that was named
loose.one<Card>("Card", 42).row?.titel;
// @ts-expect-error rows are read only
loose.all<Card>("Card").rows.push();
// @ts-expect-error a row is read only
loose.one<Card>("Card", 42).row!.title = "x";
// @ts-expect-error a row is an object
loose.all<string>("Card");
// @ts-expect-error a key is a value, or an object of values
loose.one("Card", { id: { value: 1 } });
// @ts-expect-error a key is never null
loose.one("Card", null);
// @ts-expect-error a date is written as text
loose.all("Card", { where: { due: new Date(0) } });
// @ts-expect-error live windows are not built yet
loose.all("Card", { limit: 10 });
// @ts-expect-error what a row holds is not known
loose.all("Card").rows[0]?.["title"].length;

// A component takes a collection without knowing its key -----------------------------------------------------------------
declare function titles(cards: Collection<Readonly<Schema["Card"]["row"]>>): void;
titles(live.all("Card"));
titles(live.many("Card", [1]));
// @ts-expect-error other rows
titles(live.all("Comment"));
