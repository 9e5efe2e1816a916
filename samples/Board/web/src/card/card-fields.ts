import type { CardChanges } from "../data/commands.js";
import type { Card, Member } from "../schema.js";
import { h } from "../ui/dom.js";
import { fromDateField, toDateField, trimDecimal } from "../ui/format.js";
import type { LiveField } from "../ui/live-field.js";
import { labelled } from "./labelled.js";

/** Member, due date and estimate of the opened card. */
export class CardFields {
  readonly element: HTMLElement;
  readonly #member = h("select", { class: "field" });
  readonly #due = h("input", { class: "field", type: "date", min: "2000-01-01", max: "2099-12-31" });
  readonly #estimate = h("input", { class: "field", inputmode: "decimal", placeholder: "–", autocomplete: "off" });
  readonly #fields: { readonly member: LiveField; readonly due: LiveField; readonly estimate: LiveField };
  #members: ReadonlyMap<number, Member> | undefined;
  #memberId = "";

  constructor(save: (changes: CardChanges) => Promise<boolean>, card: () => Card | undefined) {
    const name = (id: string): string => this.#members?.get(Number(id))?.name ?? "";
    const member = labelled("Member", this.#member, { save: (id) => save({ memberId: id === "" ? null : Number(id) }) }, name);
    const saveDue = (day: string): Promise<boolean> => {
      // While a year is being typed it passes through 0002: that is not meant yet.
      if (day !== "" && !this.#due.validity.valid) return Promise.resolve(false);
      return save({ dueAt: fromDateField(day, card()?.dueAt ?? null) });
    };
    const due = labelled("Due", this.#due, { save: saveDue });
    const saveEstimate = (days: string): Promise<boolean> => save({ estimate: days === "" ? null : toNumber(days) });
    const estimate = labelled("Estimate, days", this.#estimate, { save: saveEstimate });
    this.#fields = { member: member.field, due: due.field, estimate: estimate.field };
    this.element = h("div", { class: "panel-fields" }, member.element, due.element, estimate.element);
  }

  show(card: Card): void {
    this.#memberId = card.memberId === null ? "" : String(card.memberId);
    this.#fields.member.show(this.#memberId);
    this.#fields.due.show(toDateField(card.dueAt));
    this.#fields.estimate.show(card.estimate === null ? "" : trimDecimal(card.estimate));
  }

  showMembers(members: ReadonlyMap<number, Member>): void {
    if (members === this.#members) return;
    this.#members = members;
    const value = this.#member.value || this.#memberId;
    const byName = [...members.values()].sort((a, b) => a.name.localeCompare(b.name));
    this.#member.replaceChildren(new Option("Nobody", ""), ...byName.map(({ id, name }) => new Option(name, String(id))));
    this.#member.value = value;
  }
}

/** The API takes JSON numbers; what is none goes as it is, for the server to refuse in its words. */
function toNumber(text: string): number | string {
  const number = Number(text.replace(",", "."));
  return Number.isNaN(number) ? text : number;
}
