import { BoardView } from "./board/board-view.js";
import { notice, skeleton } from "./board/placeholders.js";
import { CardPanel } from "./card/card-panel.js";
import { boards } from "./data/hub.js";
import { currentRoute, go, onRoute } from "./route.js";
import { showHelp } from "./shell/help.js";
import { newBoard, topBar } from "./shell/top-bar.js";
import { h, isTyping } from "./ui/dom.js";

const lastBoard = "livehub-board-last";
const small = matchMedia("(max-width: 720px)");
const stage = h("div", { class: "stage" });
const keysHint = h("p", { id: "card-keys", hidden: true }, "Enter opens the card, Space picks it up, arrow keys go to other cards.");
document.body.prepend(topBar(), stage, keysHint);

let board: BoardView | undefined;
let panel: CardPanel | undefined;

function show(): void {
  const { boardId, cardId } = currentRoute();
  if (boardId === undefined) showNoBoard();
  else showBoard(boardId);
  showPanel(cardId);
}

function showBoard(boardId: number): void {
  if (board?.data.boardId === boardId) return;
  leaveBoard();
  board = new BoardView(boardId, { openCard: (cardId) => go(boardId, cardId), rendered: updatePanel });
  stage.replaceChildren(board.element);
  remember(boardId);
}

/** Without a board in the address: the one of last time, or the first. */
function showNoBoard(): void {
  leaveBoard();
  const chosen = boards.rows.find((row) => row.id === remembered()) ?? boards.rows.toSorted((a, b) => a.id - b.id)[0];
  if (chosen !== undefined) go(chosen.id, undefined, { replace: true });
  else if (boards.status === "live") {
    const create = h("button", { type: "button", class: "button primary", onclick: () => void newBoard() }, "Create a board");
    stage.replaceChildren(h("main", { class: "board" }, notice("No boards yet", "A board holds lists, and lists hold cards.", create)));
  } else if (boards.status === "failed") {
    stage.replaceChildren(h("main", { class: "board" }, notice("The boards cannot be shown", boards.error?.message ?? "")));
  } else stage.replaceChildren(h("main", { class: "board" }, skeleton()));
}

function leaveBoard(): void {
  closePanel();
  board?.close();
  board = undefined;
}

function showPanel(cardId: number | undefined): void {
  if (panel?.cardId === cardId || board === undefined) return;
  const left = panel?.cardId;
  closePanel();
  if (cardId === undefined) {
    if (left !== undefined) board.focusCard(left);
    return;
  }
  const { data, tick } = board;
  panel = new CardPanel({ cardId, data, tick, close: () => go(data.boardId) });
  stage.append(panel.element);
  updatePanel();
  panel.element.focus();
}

function closePanel(): void {
  panel?.close();
  panel = undefined;
  updatePanel();
}

function updatePanel(): void {
  if (board === undefined) return;
  // On a small screen the panel covers the board: what is below is out of reach.
  board.element.inert = panel !== undefined && small.matches;
  board.markOpen(panel?.cardId);
  panel?.update(board.doneOf(panel.cardId));
}

function remember(boardId: number): void {
  try {
    localStorage.setItem(lastBoard, String(boardId));
  } catch {
    // Where storage is forbidden, the first board opens next time.
  }
}

function remembered(): number | undefined {
  try {
    return Number(localStorage.getItem(lastBoard) ?? undefined);
  } catch {
    return undefined;
  }
}

onRoute(show);
boards.subscribe(() => {
  if (currentRoute().boardId === undefined) showNoBoard();
});
small.addEventListener("change", updatePanel);
addEventListener("keydown", (event) => {
  if (event.key === "?" && !isTyping(event.target) && document.querySelector("dialog[open]") === null) showHelp();
});
show();
