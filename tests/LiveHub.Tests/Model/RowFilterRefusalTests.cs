using System.Globalization;
using System.Linq.Expressions;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Model;

/// <summary>What C# and SQL could answer differently is refused when the model is read, and the text says what it was.</summary>
public sealed class RowFilterRefusalTests
{
    private readonly byte[] _bytes = [1];
    private readonly AuthorId _author = new(1);

    [Fact]
    public void Methods_are_refused()
    {
        Refused(b => b.Title!.StartsWith("an"), "StartsWith");
        Refused(b => b.Title!.Equals("a", StringComparison.OrdinalIgnoreCase), "Equals");
        Refused(b => string.Equals(b.Title, "a"), "Equals");
        Refused(b => string.Compare(b.Title, "a", true, CultureInfo.InvariantCulture) > 0, "Compare");
        Refused(b => string.IsNullOrEmpty(b.Title), "IsNullOrEmpty");
        Refused(b => b.Title!.Trim() == "a", "Trim");
        Refused(b => new[] { 1, 2 }.Contains(b.ShelfId), "Contains");
        Refused(b => b.Binding.HasFlag(Binding.Cloth), "HasFlag");
        Refused(b => EF.Functions.Like(b.Title!, "a%"), "Like");
        Refused(b => b.OwnerId.GetValueOrDefault() == 1, "GetValueOrDefault");
    }

    [Fact]
    public void Arithmetic_and_operators_on_bits_are_refused()
    {
        Refused(b => b.ShelfId + 1 == 2, "(b.ShelfId + 1)");
        Refused(b => b.ShelfId % 2 == 0, "(b.ShelfId % 2)");
        Refused(b => -b.ShelfId == 1, "-b.ShelfId");
        Refused(b => ~b.ShelfId == 1, "b.ShelfId");
        Refused(b => b.Lent & b.IsDeleted, "And");
        Refused(b => b.Lent ^ b.IsDeleted, "^");
        Refused(b => (b.OwnerId ?? 1) == 1, "??");
        Refused(b => b.Title + "a" == "aa", "+");
        Refused(b => (b.BoughtAt - Filters.Cutoff) > TimeSpan.Zero, "-");
    }

    [Fact]
    public void Conversions_that_lose_something_are_refused()
    {
        Refused(b => (int)b.Weight == 1, "Convert(b.Weight");
        Refused(b => (int)b.Isbn == 1, "Convert(b.Isbn");
        Refused(b => (double)b.Isbn > 1.5, "Convert(b.Isbn");
        Refused(b => (object?)b.Title == (object?)b.Title, "Object");
        Refused(b => (Binding)b.ShelfId == Binding.Cloth, "Convert(b.ShelfId");
        Refused(b => (DateTimeOffset)b.WrittenAt > Filters.Cutoff, "Convert(b.WrittenAt");
    }

    [Fact]
    public void Members_of_values_are_refused()
    {
        Refused(b => b.Title!.Length == 1, "b.Title.Length");
        Refused(b => b.WrittenAt.Year == 2020, "b.WrittenAt.Year");
        Refused(b => b.BoughtAt!.Value.Day == 1, "Day");
        Refused(b => b.Scan!.Length == 1, "b.Scan");
        Refused(b => b.Signed!.Value, "b.Signed.Value");
        Refused(b => !(bool)b.Signed!, "Convert(b.Signed");
    }

    [Fact]
    public void Navigations_are_refused()
    {
        Refused(b => b.Genres.Count == 0, "b.Genres.Count");
        Refused(b => b.Genres == null, "'Genres', which is not a column");
        Expression<Func<Visit, bool>> filter = v => v.Book!.Lent;
        var fault = Assert.Throws<RowFilterException>(() => RowFilter.Compile([filter], Catalog.Book.Columns));
        Assert.Contains("v.Book.Lent", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Equality_of_references_is_refused_but_for_null()
        => Refused(b => b.Scan == _bytes, "b.Scan ==");

    [Fact]
    public void Equality_that_a_type_defines_itself_is_refused()
    {
        Expression<Func<Author, bool>> filter = a => a.Id == _author;
        Assert.Throws<RowFilterException>(() => RowFilter.Compile([filter], Catalog.Author.Columns));
    }

    [Fact]
    public void The_order_of_values_that_the_model_converts_is_refused_and_their_equality_is_not()
    {
        Expression<Func<Author, bool>> order = a => a.Style > Binding.Paper;
        Assert.Throws<RowFilterException>(() => RowFilter.Compile([order], Catalog.Author.Columns));
        Expression<Func<Author, bool>> byName = a => EF.Property<Binding>(a, "Style") > Binding.Paper;
        Assert.Throws<RowFilterException>(() => RowFilter.Compile([byName], Catalog.Author.Columns));
        Expression<Func<Author, bool>> equality = a => a.Style == Binding.Cloth;
        var filter = RowFilter.Compile([equality], Catalog.Author.Columns);
        Assert.True(filter.Shows(Catalog.Row(Catalog.Author, ("Style", Binding.Cloth))));
        Assert.False(filter.Shows(Catalog.Row(Catalog.Author, ("Style", Binding.Paper))));
    }

    [Fact]
    public void The_clock_is_refused_since_no_change_tells_that_it_moved_on()
    {
        Refused(b => b.WrittenAt < DateTime.UtcNow, "DateTime.UtcNow");
        Refused(b => b.BoughtAt < DateTimeOffset.Now, "DateTimeOffset.Now");
        Refused(b => b.WrittenAt < DateTime.Today, "DateTime.Today");
    }

    [Fact]
    public void The_entity_itself_and_its_type_are_refused()
    {
        Refused(b => b == null, "the entity itself");
        Refused(b => b is Book, "Is Book");
        Refused(b => ((Func<Book, bool>)(x => true))(b), "Invoke");
        Refused(b => EF.Property<long>(b, "ShelfId") == 1, "'ShelfId' as Int64");
        Refused(b => EF.Property<string>(b, "Nowhere") == "a", "'Nowhere', which is not a column");
    }

    [Fact]
    public void G8_members_of_a_context_are_refused_however_they_are_reached()
    {
        using var services = Catalog.ServicesOf<TenantDb>(_ => { });
        using var db = services.GetRequiredService<TenantDb>();
        Assert.All(db.Filters(), filter => Assert.Contains("belongs to one context",
            Assert.Throws<RowFilterException>(() => RowFilter.Compile([filter], Catalog.Book.Columns)).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_refusal_says_what_is_possible_instead()
    {
        var fault = Assert.Throws<RowFilterException>(() => Compile(b => b.ShelfId + 1 == 2));
        Assert.Contains("may compare columns with values", fault.Message, StringComparison.Ordinal);
    }

    private static void Refused(Expression<Func<Book, bool>> filter, string named)
        => Assert.Contains(named, Assert.Throws<RowFilterException>(() => Compile(filter)).Message, StringComparison.Ordinal);

    private static RowFilter Compile(Expression<Func<Book, bool>> filter) => RowFilter.Compile([filter], Catalog.Book.Columns);

    private sealed class Visit
    {
        public Book? Book { get; set; }
    }

    private sealed class TenantDb(DbContextOptions<TenantDb> options) : DbContext(options)
    {
        private readonly Tenant _tenant = new();

        public int Shelf { get; set; }

        public IEnumerable<Expression<Func<Book, bool>>> Filters()
        {
            var self = this;
            yield return b => b.ShelfId == Shelf;
            yield return b => b.ShelfId == _tenant.Shelf;
            yield return b => b.ShelfId == self.Shelf;
            yield return b => !(b.ShelfId == self._tenant.Shelf);
        }
    }

    private sealed class Tenant
    {
        public int Shelf { get; set; } = 1;
    }
}
