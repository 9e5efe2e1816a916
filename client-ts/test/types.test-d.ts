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
// @ts-expect-error JSON columns cannot be filtered by
live.all("Card", { where: { tags: ["a"] } });
// @ts-expect-error keys take no filter
live.one("Card", 42, { where: { listId: 7 } });

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

// Rows -----------------------------------------------------------------------------------------------------------------
const cards = live.all("Card");
same<typeof cards.status, "loading" | "live" | "stale" | "failed" | "closed">(true);
cards.onDiff((diff) => {
  same<(typeof diff.updated)[number]["columns"], readonly ("id" | "listId" | "title" | "done" | "memberId" | "status" | "tags")[]>(true);
});
// @ts-expect-error rows are read only
cards.rows.push();
// @ts-expect-error a row is read only
(cards.rows[0]!).title = "x";
// @ts-expect-error a collection has no single row
cards.row;
// @ts-expect-error a single row has no rows
live.one("Card", 42).rows;
// @ts-expect-error no such option
createLiveHub("/live", { accessToken: "x" });
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

// A component takes a collection without knowing its key -----------------------------------------------------------------
declare function titles(cards: Collection<Readonly<Schema["Card"]["row"]>>): void;
titles(live.all("Card"));
titles(live.many("Card", [1]));
// @ts-expect-error other rows
titles(live.all("Comment"));
