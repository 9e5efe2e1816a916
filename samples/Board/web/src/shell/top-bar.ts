import { addBoard } from "../data/commands.js";
import { boards, members } from "../data/hub.js";
import { me, onMe, setMe } from "../data/me.js";
import { currentRoute, go, onRoute } from "../route.js";
import { avatar, showMember } from "../ui/avatar.js";
import { h, setText } from "../ui/dom.js";
import { icon } from "../ui/icons.js";
import { menuOn, type MenuItem } from "../ui/menu.js";
import { asked } from "../ui/modal.js";
import { connectionBadge } from "./badge.js";
import { showHelp } from "./help.js";

/** The bar at the top: which board, how the connection is, who one is. */
export function topBar(): HTMLElement {
  const help = h("button", { type: "button", class: "icon-button help-button", "aria-label": "Keyboard shortcuts", title: "Keyboard shortcuts (?)", onclick: showHelp }, icon("help"));
  return h(
    "header",
    { class: "top-bar" },
    h("span", { class: "logo", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
    boardSwitch(),
    h("span", { class: "spacer" }),
    connectionBadge(),
    help,
    whoAmI(),
  );
}

function boardSwitch(): HTMLElement {
  const name = h("span", { class: "board-name" });
  const button = h("button", { type: "button", class: "board-switch", "aria-label": "Choose a board" }, name, icon("down"));
  const show = (): void => {
    const { boardId } = currentRoute();
    const board = boardId === undefined ? undefined : boards.get(boardId);
    setText(name, board?.name ?? "Boards");
    button.setAttribute("aria-label", board === undefined ? "Choose a board" : `Board ${board.name}. Choose another`);
    document.title = board === undefined ? "Board" : `${board.name} · Board`;
  };
  menuOn(button, "Boards", () => [
    ...[...boards.rows]
      .sort((a, b) => a.id - b.id)
      .map((board): MenuItem => ({ label: board.name, isCurrent: board.id === currentRoute().boardId, run: () => go(board.id) })),
    { label: "New board…", icon: icon("add"), run: () => void newBoard() },
  ]);
  boards.subscribe(show);
  onRoute(show);
  show();
  return h("h1", { class: "board-heading" }, button);
}

export async function newBoard(): Promise<void> {
  const name = await asked("New board", "Name of the board", "Create");
  const id = name === undefined ? undefined : await addBoard(name);
  if (id !== undefined) go(id);
}

function whoAmI(): HTMLElement {
  const picture = avatar();
  const button = h("button", { type: "button", class: "who" }, picture);
  const show = (): void => {
    const member = me();
    button.hidden = member === undefined;
    showMember(picture, member);
    button.setAttribute("aria-label", `You are ${member?.name ?? "nobody"}. Change`);
    button.title = `You are ${member?.name ?? "nobody"}`;
  };
  menuOn(button, "Who are you?", () =>
    [...members.rows]
      .sort((a, b) => a.name.localeCompare(b.name))
      .map((member) => ({ label: member.name, icon: avatar(member), isCurrent: member === me(), run: () => setMe(member.id) })),
  );
  onMe(show);
  show();
  return button;
}
