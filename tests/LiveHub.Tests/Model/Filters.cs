using System.Linq.Expressions;
using FsCheck;
using FsCheck.Fluent;

namespace LiveHub.Tests.Model;

/// <summary>Filters that rows can be asked, and books to ask.</summary>
internal static class Filters
{
    private static readonly int Captured = 2;
    private static readonly int? CapturedNull = Captured > 2 ? 1 : null;
    private static readonly Holder Held = new() { Owner = new() { Id = 1 } };

    public static readonly Expression<Func<Book, bool>>[] Accepted =
    [
        b => !b.IsDeleted,
        b => b.IsDeleted == false,
        b => b.ShelfId == 1,
        b => b.ShelfId != Captured && !b.Lent,
        b => b.OwnerId == null,
        b => b.OwnerId != null || b.Lent,
        b => b.OwnerId == 2,
        b => b.OwnerId != 2,
        b => b.OwnerId == CapturedNull,
        b => b.OwnerId > 1,
        b => !(b.OwnerId > 1),
        b => !(b.OwnerId <= 1) && !(b.OwnerId == 2),
        b => b.OwnerId.HasValue && b.OwnerId.Value == 1,
        b => !b.OwnerId.HasValue,
        b => b.OwnerId == Held.Owner.Id,
        b => b.OwnerId == b.ShelfId,
        b => b.Title == "a",
        b => b.Title != "a",
        b => b.Title == null,
        b => b.Scan != null,
        b => b.Signed == true,
        b => b.Signed != true,
        b => b.Lent == (b.OwnerId > 1),
        b => b.Lent != !(b.OwnerId > 1),
        b => b.OwnerId > 1 ? b.Lent : b.IsDeleted,
        b => b.Price >= 1.5m && b.Price < 3,
        b => !(b.Price < 2),
        b => b.Isbn > b.ShelfId,
        b => b.Isbn == 9_007_199_254_740_993,
        b => b.Stars > 1 && b.Stars <= b.ShelfId,
        b => b.Weight < 1.5,
        b => b.BoughtAt >= Cutoff == b.Lent,
        b => b.BoughtAt == null || b.BoughtAt < Cutoff,
        b => b.Printed <= Printed,
        b => b.Code == Guid.Empty,
        b => b.Binding == Binding.Cloth,
        b => b.Binding > Binding.Paper,
    ];

    /// <summary>C# throws for a null here; SQL compares it as any other null.</summary>
    public static readonly Expression<Func<Book, bool>>[] Unguarded =
    [
        b => b.OwnerId!.Value == 1,
        b => b.OwnerId!.Value != 1,
        b => !(b.OwnerId!.Value > 1),
        b => (int)b.OwnerId! != 1,
        b => b.OwnerId!.Value < b.Isbn,
    ];

    public static readonly DateTimeOffset Cutoff = new(2020, 1, 2, 0, 0, 0, TimeSpan.Zero);

    private static readonly DateOnly Printed = new(2020, 1, 2);

    public static Gen<Book> Books { get; } =
        from shelf in Gen.Choose(0, 3)
        from owner in Maybe(Gen.Choose(0, 3))
        from title in Gen.Elements("a", "A", "", "b", null)
        from lent in Gen.Elements(true, false)
        from signed in Maybe(Gen.Elements(true, false))
        from isbn in Gen.Elements(0L, 1L, 2L, 9_007_199_254_740_992, 9_007_199_254_740_993)
        from price in Maybe(Gen.Elements(0m, 1.5m, 2m, 2.5m, 3m))
        from weight in Gen.Elements(-1, 1.5, 2)
        from day in Maybe(Gen.Choose(0, 2))
        from code in Gen.Elements(Guid.Empty, new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))
        from binding in Gen.Elements(Binding.Paper, Binding.Cloth, Binding.Leather)
        from scan in Gen.Elements<byte[]?>(null, [], [1], [2])
        from deleted in Gen.Elements(true, false, false, false)
        select new Book
        {
            ShelfId = shelf, OwnerId = owner, Title = title, Lent = lent, Signed = signed, Isbn = isbn, Stars = (byte)shelf, Price = price, Weight = weight,
            BoughtAt = day is { } d ? Cutoff.AddDays(d - 1) : null, Printed = Printed.AddDays((day ?? 1) - 1), Code = code, Binding = binding,
            Scan = scan, IsDeleted = deleted,
        };

    public static Gen<T?> Maybe<T>(Gen<T> values)
        where T : struct
        => Gen.Frequency((2, values.Select(v => (T?)v)), (1, Gen.Constant((T?)null)));

    private sealed class Holder
    {
        public Person Owner { get; init; } = new();
    }

    private sealed class Person
    {
        public int Id { get; init; }
    }
}
