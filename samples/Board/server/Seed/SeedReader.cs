using System.Globalization;
using BoardSample.Model;

namespace BoardSample.Seed;

/// <summary>Reads the boards beside this file. Who has a card, when it is due and how long it takes follow from its place.</summary>
/// <remarks>
/// <c>board NAME</c>, <c>label NAME COLOR</c>, <c>list TITLE</c>; any other line is a card,
/// <c>Title [label, label] | Description</c>; an indented line is a comment on it, <c>Member: Text</c>.
/// The cards of a board's last list are done.
/// </remarks>
internal sealed class SeedReader(Member[] members)
{
    private static readonly DateTimeOffset Today = new(2026, 12, 7, 9, 0, 0, TimeSpan.Zero);
    private static readonly decimal[] Estimates = [0.5m, 1m, 2m, 1.5m, 3m, 0.25m, 5m];

    private int _boards;
    private int _lists;
    private int _labels;
    private int _cards;
    private int _comments;

    public Board Read(IEnumerable<string> lines)
    {
        var board = new Board { Id = ++_boards, Name = "" };
        var list = new BoardList { BoardId = board.Id, Title = "" };
        foreach (var line in lines.Where(l => l.Length > 0))
        {
            switch (line.Split(' '))
            {
                case ["board", .. var words]:
                    board.Name = string.Join(' ', words);
                    break;
                case ["label", var name, var color]:
                    board.Labels.Add(new Label { Id = ++_labels, BoardId = board.Id, Name = name, Color = color });
                    break;
                case ["list", .. var words]:
                    list = new BoardList { Id = ++_lists, BoardId = board.Id, Title = string.Join(' ', words), Position = board.Lists.Count + 1 };
                    board.Lists.Add(list);
                    break;
                case ["", ..]:
                    AddComment(list.Cards.Last(), line.Trim());
                    break;
                default:
                    AddCard(board, list, line);
                    break;
            }
        }

        foreach (var card in list.Cards)
        {
            card.Done = true;
        }

        return board;
    }

    private void AddCard(Board board, BoardList list, string line)
    {
        var (head, description) = Halves(line, " | ");
        var (title, labels) = Halves(head, " [");
        var id = ++_cards;
        var isActive = list.Position > 1;
        var card = new Card
        {
            Id = id,
            ListId = list.Id,
            Title = title,
            Description = description,
            Position = list.Cards.Count + 1,
            MemberId = isActive || id % 3 == 0 ? members[id * 7 % 11 % members.Length].Id : null,
            Estimate = isActive || id % 4 == 0 ? Estimates[id % Estimates.Length] : null,
            DueAt = isActive && id % 5 < 3 ? Today.AddDays((id * 5 % 28) - (list.Position * 7) + 21) : null,
        };
        foreach (var name in labels.TrimEnd(']').Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            card.Labels.Add(board.Labels.Single(l => l.Name == name));
        }

        list.Cards.Add(card);
    }

    private void AddComment(Card card, string line)
    {
        var (member, text) = Halves(line, ": ");
        var id = ++_comments;
        card.Comments.Add(new Comment
        {
            Id = new Guid(string.Create(CultureInfo.InvariantCulture, $"c0ffee00-0000-4000-8000-{id:d12}")),
            CardId = card.Id,
            MemberId = members.Single(m => m.Name.StartsWith(member, StringComparison.Ordinal)).Id,
            Text = text,
            CreatedAt = Today.AddDays(-60).AddHours(id * 17).AddMinutes(id * 13 % 60),
        });
    }

    private static (string First, string Second) Halves(string text, string separator) =>
        text.Split(separator, 2) is [var first, var second] ? (first, second) : (text, "");
}
