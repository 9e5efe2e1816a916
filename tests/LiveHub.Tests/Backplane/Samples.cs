using System.Collections.Immutable;
using System.Globalization;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Backplane;

/// <summary>Changesets with everything in them that one can have.</summary>
internal static class Samples
{
    /// <summary>The column with <see cref="Book(int, string?)"/>'s text.</summary>
    public static readonly int Title = Catalog.Column(Catalog.Book, nameof(Model.Book.Title)).Ordinal;

    public static Row Book(int id, string? title = null) => Catalog.Row(new Book { Id = id, Title = title });

    /// <summary>A changeset of inserts.</summary>
    public static Changeset Changeset(params Row[] books) => Changeset([.. books.Select(b => Catalog.Change(Catalog.Book, null, b))], []);

    /// <summary>A changeset of one insert with a version.</summary>
    public static Changeset Changeset(long version) => Changeset([Catalog.Change(Catalog.Book, null, Book(1), version)], []);

    public static List<Changeset> All() =>
    [
        Changeset([Catalog.Change(Catalog.Book, null, Full, version: (1L << 53) - 1)], [], new(ulong.MaxValue), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        Changeset([Catalog.Change(Catalog.Book, Full, Empty, version: 2), Catalog.Change(Catalog.Book, Catalog.Row(new Book { Id = 2 }), null, version: 3)], [], new(1)),
        Changeset([.. Numbers.Select((n, i) => Catalog.Change(Catalog.Book, null, Catalog.Row(new Book { Id = i, Weight = n })))], []),
        Changeset([.. Prices.Select((p, i) => Catalog.Change(Catalog.Book, Catalog.Row(new Book { Id = i, Price = 7 }), Catalog.Row(new Book { Id = i, Price = p })))], []),
        Changeset([.. Texts.Select((t, i) => Catalog.Change(Catalog.Book, null, Book(i, t)))], []),
        Changeset(
            [
                Catalog.Change(Catalog.Copy, null, Catalog.Row(new Copy { BookId = 1, Place = "a,b", Note = null })),
                Catalog.Change(Catalog.Cover, null, Catalog.Row(Catalog.Cover, new Cover { Hash = [.. Enumerable.Range(0, 256).Select(b => (byte)b)], Name = "n" })),
                Catalog.Change(Catalog.Genre, null, Catalog.Row(Catalog.Genre, new Genre { Id = Guid.NewGuid(), Name = "" })),
                Catalog.Change(
                    Catalog.Author,
                    Catalog.Row(Catalog.Author, new Author { Id = new(1), Style = Binding.Cloth, Rank = Binding.Leather, Mentor = new(long.MaxValue) }),
                    Catalog.Row(Catalog.Author, new Author { Id = new(1), Style = Binding.Leather, Rank = Binding.Paper, Mentor = null })),
                Catalog.Change(Catalog.BookGenre, null, Catalog.Row(Catalog.BookGenre, ("BookId", 1), ("GenreId", Guid.NewGuid()))),
            ],
            []),
        Changeset([], [Invalidation.Of(Catalog.Book)], new(12)),
        Changeset(
            [Catalog.Change(Catalog.Book, null, Book(1))],
            [
                Invalidation.Of(Catalog.Copy, [new KeyValues([1, "a"]), new KeyValues([2, "ä\"\n"])]),
                new(Catalog.Book, [Catalog.Term(Catalog.Book, nameof(Model.Book.OwnerId), null, 3), Catalog.Term(Catalog.Book, nameof(Model.Book.Lent), true)]),
                Invalidation.Of(Catalog.Author, [new KeyValues([new AuthorId(5)])]),
            ]),
        Changeset([.. Enumerable.Range(0, 2_000).Select(i => Catalog.Change(Catalog.Book, null, Book(i, new('x', i % 100))))], []),
    ];

    /// <summary>All that a reader may tell apart, as a text.</summary>
    public static string Text(Changeset changeset) => string.Join('\n',
    [
        $"{changeset.Id} {changeset.Transaction} {changeset.Trace}",
        .. changeset.Changes.Select(c => $"{c.Entity} {c.Operation} {c.Version}: {Text(c.Entity, c.Before)} -> {Text(c.Entity, c.After)}; " +
            string.Join(' ', c.Entity.Columns.Where(column => c.Operation is Operation.Update && c.Changed.Contains(column.Ordinal)).Select(column => column.Name))),
        .. changeset.Invalidations.Select(i => $"{i.Entity} again: " + string.Join(" and ",
            i.Terms.Select(t => string.Join(',', t.Columns.Select(c => c.Name)) + " in " + string.Join(" or ", t.Values.Select(v => string.Join(',', Enumerable.Range(0, v.Length).Select(n => Text(v[n])))))))),
    ]);

    private static Changeset Changeset(ImmutableArray<Change> changes, ImmutableArray<Invalidation> invalidations, TransactionId? transaction = null, string? trace = null)
        => new(ChangesetId.New(TimeProvider.System.GetUtcNow()), transaction, changes, invalidations, 64 + (128 * invalidations.Length) + changes.Sum(c => c.SizeBytes), trace);

    private static Row Full => Catalog.Row(new Book
    {
        Id = int.MinValue, ShelfId = int.MaxValue, OwnerId = -1, Title = "Tïtle", Lent = true, Signed = false, Isbn = long.MinValue, Stars = 255, Price = 1.50m, Weight = -0.0,
        BoughtAt = new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero).AddMicroseconds(999_999), WrittenAt = new DateTime(1, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMicroseconds(1),
        Printed = DateOnly.MaxValue, Code = new("00112233-4455-6677-8899-aabbccddeeff"), Binding = Binding.Leather, Scan = [0, 13, 10, 255], IsDeleted = true,
    });

    private static Row Empty => Catalog.Row(new Book { Id = int.MinValue, Scan = [], Title = "" });

    private static double[] Numbers => [0, -0.0, 0.1, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue, 1e21, 9_007_199_254_740_993];

    private static decimal[] Prices => [0, 0.00m, 1.10m, -1.1m, decimal.MaxValue, decimal.MinValue, 0.0000000000000000000000000001m];

    private static string?[] Texts => [null, "", " ", "\"\\/\b\f\n\r\t\u0001\u007f\u0085\u2028", "ü 漢 😀", "null", "{}", new('ä', 100_000)];

    private static string Text(Entity entity, Row? row)
        => row is null ? "nothing" : string.Join(' ', entity.Columns.Where(c => c.IsCaptured).Select(c => $"{c.Name}={Text(row[c.Ordinal])}"));

    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => $"'{text}'",
        byte[] bytes => Convert.ToHexString(bytes),
        double number => $"Double {BitConverter.DoubleToInt64Bits(number):x16}",
        DateTime time => $"{time.Kind} {time:O}",
        IFormattable other => $"{value.GetType().Name} {other.ToString(value is DateTimeOffset ? "O" : null, CultureInfo.InvariantCulture)}",
        _ => $"{value.GetType().Name} {value}",
    };
}
