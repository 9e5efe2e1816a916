using System.Linq.Expressions;
using FsCheck.Fluent;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Model;

public sealed class RowFilterTests
{
    private int _mine = 1;

    [Fact]
    public void Every_accepted_filter_says_of_a_row_what_CSharp_says_of_the_instance()
    {
        var filters = Filters.Accepted.Select(f => (Text: f.ToString(), Instance: f.Compile(), Row: Compile(f))).ToList();
        Always.Holds(Filters.Books, book =>
        {
            var row = Catalog.Row(book);
            Assert.All(filters, f => Assert.True(f.Instance(book) == f.Row.Shows(row), $"{f.Text} says {f.Row.Shows(row)} of the row."));
        }, runs: 500);
    }

    [Fact]
    public void The_value_of_a_null_is_compared_as_null_and_nothing_is_thrown()
    {
        var owned = Catalog.Row(new Book { OwnerId = 1, Isbn = 5 });
        var free = Catalog.Row(new Book { OwnerId = null, Isbn = 5 });
        (bool Owned, bool Free)[] expected = [(true, false), (false, true), (true, true), (false, true), (true, false)];
        Assert.Equal(expected, Filters.Unguarded.Select(f => (Compile(f).Shows(owned), Compile(f).Shows(free))));
    }

    [Fact]
    public void No_filter_shows_every_row() => Assert.True(RowFilter.None.Shows(Catalog.Row(new Book())));

    [Fact]
    public void Of_several_filters_all_must_hold()
    {
        Expression<Func<Book, bool>> a = b => b.Lent;
        Expression<Func<Book, bool>> c = x => x.ShelfId == 1;
        var filter = RowFilter.Compile([a, c], Catalog.Book.Columns);
        Assert.True(filter.Shows(Catalog.Row(new Book { Lent = true, ShelfId = 1 })));
        Assert.False(filter.Shows(Catalog.Row(new Book { Lent = true, ShelfId = 2 })));
        Assert.False(filter.Shows(Catalog.Row(new Book { Lent = false, ShelfId = 1 })));
    }

    [Fact]
    public void A_captured_variable_counts_as_it_is_when_a_row_is_asked()
    {
        var filter = Compile(b => b.OwnerId == _mine);
        var row = Catalog.Row(new Book { OwnerId = 2 });
        Assert.False(filter.Shows(row));
        _mine = 2;
        Assert.True(filter.Shows(row));
    }

    [Fact]
    public void A_shadow_property_is_read_by_its_name()
    {
        var filter = Compile(b => EF.Property<int?>(b, "OwnerId") == 2);
        Assert.True(filter.Shows(Catalog.Row(new Book { OwnerId = 2 })));
        Assert.False(filter.Shows(Catalog.Row(new Book())));
    }

    [Fact]
    public void A_filter_of_a_base_type_reads_the_columns_of_the_derived_type()
    {
        Expression<Func<Animal, bool>> filter = a => !a.IsDeleted && ((Dog)a).Breed == "pug";
        var dog = Catalog.ModelOf<TreeDb>(live => live.Expose<Dog>()).Find("Dog")!;
        var compiled = RowFilter.Compile([filter], dog.Columns);
        Assert.True(compiled.Shows(Catalog.Row(dog, ("IsDeleted", false), ("Breed", "pug"))));
        Assert.False(compiled.Shows(Catalog.Row(dog, ("IsDeleted", false), ("Breed", "elk"))));
    }

    [Fact]
    public void The_models_filter_is_part_of_the_entity()
    {
        Assert.True(Catalog.Book.Filter.Shows(Catalog.Row(new Book())));
        Assert.False(Catalog.Book.Filter.Shows(Catalog.Row(new Book { IsDeleted = true })));
    }

    private static RowFilter Compile(Expression<Func<Book, bool>> filter) => RowFilter.Compile([filter], Catalog.Book.Columns);
}
