using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Routing;

/// <summary>The states that one row goes through in the database, in the order of its versions; null where it is not there.</summary>
internal sealed record Chain(IReadOnlyList<BookState?> States)
{
    private static readonly Func<BookState?, BookState?>[] Writes =
    [
        s => Of(s) with { Title = Of(s).Title == "a" ? "b" : "a" },
        s => Of(s) with { Owner = Of(s).Owner is null ? 1 : null },
        s => Of(s) with { Shelf = (Of(s).Shelf % 3) + 1 },
        s => Of(s) with { Shelf = ((Of(s).Shelf + 1) % 3) + 1, Title = "moved" },
        s => s is null ? new BookState(2, "new", null) : null,
    ];

    public int Length => States.Count - 1;

    /// <summary>Every chain of that many writes, of a row that is there at first and of one that is not.</summary>
    public static IEnumerable<Chain> All(int length)
        => new BookState?[] { new(1, "a", null), null }.SelectMany(first => Grow([first], length)).Where(c => c.States.Zip(c.States.Skip(1)).All(s => s.First != s.Second));

    public static IEnumerable<int[]> Orders(int count)
        => count == 0 ? [[]] : Orders(count - 1).SelectMany(order => Enumerable.Range(0, count).Select(place => (int[])[.. order[..place], count - 1, .. order[place..]]));

    public Row? Row(int id, int state) => States[state] is { } s ? Catalog.Row(new Book { Id = id, ShelfId = s.Shelf, Title = s.Title, OwnerId = s.Owner }) : null;

    /// <summary>The changes of a row with that key in the order of their versions.</summary>
    public Change[] Changes(int id)
        => [.. Enumerable.Range(1, Length).Select(i => Catalog.Change(Catalog.Book, Row(id, i - 1), Row(id, i), version: 100 + i))];

    public override string ToString() => string.Join(" → ", States.Select(s => s is null ? "none" : $"{s.Shelf}{s.Title}{s.Owner}"));

    private static IEnumerable<Chain> Grow(BookState?[] states, int length)
        => length == 0 ? [new(states)] : Writes.SelectMany(write => Grow([.. states, write(states[^1])], length - 1));

    private static BookState Of(BookState? state) => state ?? new(1, "a", null);
}

internal sealed record BookState(int Shelf, string Title, int? Owner);
