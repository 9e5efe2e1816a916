import type { BoardData } from "../data/board-data.js";
import { addComment, deleteComment } from "../data/commands.js";
import { live } from "../data/hub.js";
import { me, onMe } from "../data/me.js";
import { isMine } from "../data/mine.js";
import type { Comment, Member } from "../schema.js";
import { arrange, keepingFocus } from "../ui/arrange.js";
import { avatar, showMember } from "../ui/avatar.js";
import { autoGrow, h, setAttribute, setText } from "../ui/dom.js";
import { framed } from "../ui/frame.js";
import { fullDate, timeAgo } from "../ui/format.js";
import { icon } from "../ui/icons.js";
import { glow } from "../ui/motion.js";
import { Views, type View } from "../ui/views.js";

/** What has been typed and not sent, by card: closing a card loses nothing. */
const drafts = new Map<number, string>();

/** The comments of the opened card, the newest last, and a field for the next. */
export class Comments {
  readonly element: HTMLElement;
  readonly #cardId: number;
  readonly #data: BoardData;
  readonly #comments;
  readonly #list = h("ol", { class: "comments" });
  readonly #empty = h("p", { class: "muted" }, "No comments yet.");
  readonly #views: Views<string, CommentModel>;
  readonly #field = h("textarea", { class: "field", rows: 1, maxlength: 10_000, "aria-label": "Write a comment", placeholder: "Write a comment" });
  readonly #author = avatar();
  readonly #stops: readonly (() => void)[];
  #isNews = false;

  constructor(cardId: number, data: BoardData) {
    this.#cardId = cardId;
    this.#data = data;
    this.#comments = live.all("Comment", { where: { cardId }, orderBy: { createdAt: "asc" } });
    this.#views = new Views((id) => commentView(id, () => this.#isNews && !isMine(`card/${cardId}`)));
    const render = framed(() => this.update());
    const minutes = setInterval(render, 60_000);
    this.#stops = [this.#comments.subscribe(render), onMe(render), () => clearInterval(minutes)];
    this.#field.value = drafts.get(cardId) ?? "";
    autoGrow(this.#field);
    const form = h("form", { class: "comment-form" }, this.#author, this.#field, h("button", { type: "submit", class: "button primary" }, "Send"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    this.element = h("section", { class: "labelled", "aria-label": "Comments" }, h("h3", { class: "field-name" }, "Comments"), this.#empty, this.#list, form);
  }

  update(): void {
    const members = this.#data.members();
    const rows = this.#comments.rows;
    this.#empty.hidden = rows.length > 0 || this.#comments.status === "loading";
    const elements = rows.map((comment) => this.#views.show(comment.id, { comment, author: members.get(comment.memberId) }));
    keepingFocus(() => arrange(this.#list, elements));
    this.#views.keepOnly(new Set(rows.map((comment) => comment.id)));
    showMember(this.#author, me());
    this.#isNews ||= this.#comments.status === "live";
  }

  close(): void {
    drafts.set(this.#cardId, this.#field.value);
    for (const stop of this.#stops) stop();
    this.#comments.close();
  }

  async #send(): Promise<void> {
    const text = this.#field.value.trim();
    const author = me();
    if (text === "" || author === undefined) return;
    this.#field.value = "";
    const added = await addComment(this.#cardId, author, text);
    if (!added && this.#field.value === "") this.#field.value = text;
  }
}

interface CommentModel {
  readonly comment: Comment;
  readonly author: Member | undefined;
}

function commentView(id: string, isNews: () => boolean): View<CommentModel> {
  const picture = avatar();
  const name = h("strong", {});
  const time = h("time", { class: "muted" });
  const text = h("p", { class: "comment-text" });
  const remove = h("button", { type: "button", class: "icon-button", "aria-label": "Delete comment", title: "Delete comment", onclick: () => void deleteComment(id) }, icon("trash"));
  const element = h("li", { class: "comment", "data-comment": id }, picture, h("div", { class: "comment-head" }, name, time, remove), text);
  if (isNews()) glow(element);
  return {
    element,
    update: ({ comment, author }) => {
      showMember(picture, author);
      setText(name, author?.name ?? "Someone");
      setText(time, timeAgo(comment.createdAt));
      setAttribute(time, "datetime", comment.createdAt);
      setAttribute(time, "title", fullDate(comment.createdAt));
      setText(text, comment.text);
    },
  };
}
