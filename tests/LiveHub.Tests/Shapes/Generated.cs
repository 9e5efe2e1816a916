using FsCheck;
using FsCheck.Fluent;
using LiveHub.Model;
using LiveHub.Shapes;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Shapes;

/// <summary>Random shapes over few values, so that rows match often enough.</summary>
internal static class Generated
{
    private static readonly string?[][] Projections = [[], ["Id"], ["Title"], ["Title", "OwnerId"], ["ShelfId"], ["Scan", "Price"]];

    /// <summary>Whole entities, keys, equalities and lists over up to four columns, nulls and empty lists included.</summary>
    public static Gen<Shape> Shapes { get; } =
        from terms in Terms(Gen.Elements(0, 1, 1, 2, 2, 3, 4))
        from columns in Gen.Elements(Projections)
        select new Shape(Catalog.Book, [.. terms], Catalog.Projection(Catalog.Book, columns!));

    /// <summary>Rows by composite key, or by a column.</summary>
    public static Gen<Shape> CopyShapes { get; } =
        from keys in (from book in Gen.Choose(0, 3) from place in Gen.Elements("a", "b") select new KeyValues([book, place])).ListOf()
        from owner in Gen.Elements<object?>(0, 1, null)
        from kind in Gen.Choose(0, 2)
        select kind switch
        {
            0 => Catalog.Shape(Catalog.Copy, new Term(Catalog.Copy.Key, keys)),
            1 => Catalog.Shape(Catalog.Copy, Catalog.Term(Catalog.Copy, "OwnerId", owner)),
            _ => Catalog.Shape(Catalog.Copy, new Term(Catalog.Copy.Key, keys), Catalog.Term(Catalog.Copy, "OwnerId", owner)),
        };

    private static Gen<Term[]> Terms(Gen<int> counts)
        => from count in counts
           from terms in Gen.OneOf(
               Of("Id", Gen.Choose(1, 6).Select(v => (object?)v)),
               Of("ShelfId", Gen.Choose(0, 3).Select(v => (object?)v)),
               Of("OwnerId", Filters.Maybe(Gen.Choose(0, 3)).Select(v => (object?)v)),
               Of("Title", Gen.Elements<object?>("a", "A", "", "b", null)),
               Of("Lent", Gen.Elements<object?>(true, false)),
               Of("Price", Gen.Elements<object?>(0m, 1.50m, 2m, null))).ArrayOf(count)
           select terms.DistinctBy(t => t.Columns[0]).ToArray();

    private static Gen<Term> Of(string property, Gen<object?> values)
        => from count in Gen.Elements(0, 1, 1, 1, 2, 3, 12)
           from list in values.ArrayOf(count)
           select Catalog.Term(Catalog.Book, property, list);
}
