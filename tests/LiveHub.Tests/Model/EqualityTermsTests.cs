using System.Linq.Expressions;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Model;

public sealed class EqualityTermsTests
{
    private int _shelf = 7;

    [Fact]
    public void Equalities_that_are_joined_by_and_are_terms_and_what_they_capture_is_evaluated()
    {
        int? owner = null;
        var title = "a";
        Assert.Equal(["ShelfId = 7", "OwnerId = null", "Title = ab", "Lent = True", "Signed = False"], Of<Book>(
            Catalog.Book, b => b.ShelfId == _shelf && null == b.OwnerId && (b.Title == title + "b" && b.Lent) && b.Signed == false));
        _shelf = 8;
        Assert.Equal(["OwnerId = 8", "Lent = False"], Of<Book>(Catalog.Book, b => _shelf == b.OwnerId && owner == null && !b.Lent));
    }

    [Fact]
    public void Values_are_of_the_column_s_own_type()
    {
        const long isbn = 5;
        Assert.Equal(["Isbn = 5 Int64", "Stars = 3 Byte", "Binding = Cloth Binding", "OwnerId = 2 Int32"], Typed<Book>(
            Catalog.Book, b => b.Isbn == isbn && b.Stars == 3 && b.Binding == Binding.Cloth && b.OwnerId!.Value == 2 && b.Price == 1.50m));
        Assert.Equal(["Style = Leather Binding"], Typed<Author>(Catalog.Author, a => a.Style == Binding.Leather));
        Assert.Equal(["ShelfId = 4 Int32"], Typed<Book>(Catalog.Book, b => EF.Property<int>(b, "ShelfId") == 4));
        Assert.Equal(["Code = 00000000-0000-0000-0000-000000000000 Guid"], Typed<Book>(Catalog.Book, b => b.Code == Guid.Empty));
    }

    [Fact]
    public void Rule_3_what_the_database_rounds_or_pads_narrows_nothing()
        => Assert.Empty(Typed<Book>(Catalog.Book, b => b.Price == 1.50m));

    [Fact]
    public void Whatever_else_a_predicate_says_narrows_nothing()
    {
        int[] some = [1, 2];
        var author = new AuthorId(1);
        var many = 1000;
        Expression<Func<Book, bool>>[] others =
        [
            b => b.ShelfId > 1,
            b => b.ShelfId != 1,
            b => b.ShelfId == 1 || b.Lent,
            b => !(b.ShelfId == 1),
            b => !(b.ShelfId == 1 && b.Lent),
            b => b.ShelfId == b.OwnerId,
            b => (int)b.Isbn == 1,
            b => b.ShelfId + 1 == 2,
            b => b.Title!.Length == 1,
            b => b.Genres.Count == 1,
            b => some.Contains(b.ShelfId),
            b => b.Stars == many,
            b => true,
        ];
        Assert.All(others, other => Assert.Empty(Of(Catalog.Book, other)));
        Assert.Empty(Of<Author>(Catalog.Author, a => a.Id == author));
        Assert.Equal(["Lent = True"], Of<Book>(Catalog.Book, b => b.ShelfId > 1 && b.Lent && (b.Stars == 1 || b.Stars == 2)));
    }

    private static List<string> Of<T>(Entity entity, Expression<Func<T, bool>> predicate)
        => [.. EqualityTerms.Of(entity, predicate).Select(t => $"{t.Columns[0].Property.Name} = {Assert.Single(t.Values)}")];

    private static List<string> Typed<T>(Entity entity, Expression<Func<T, bool>> predicate)
        => [.. EqualityTerms.Of(entity, predicate).Select(t => string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"{t.Columns[0].Property.Name} = {t.Values[0][0]} {t.Values[0][0]!.GetType().Name}"))];
}
