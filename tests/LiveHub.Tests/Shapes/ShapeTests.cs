using FsCheck;
using FsCheck.Fluent;
using LiveHub.Model;
using LiveHub.Shapes;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Shapes;

public sealed class ShapeTests
{
    private static readonly Gen<string?> Tricky = Gen.Elements<string?>("a", "b", "a,b", "a\",\"b", "\"", "\\", "", "null", "[null]", "\u2028", "a,", null);

    [Fact]
    public void A_shape_matches_the_rows_for_which_all_terms_hold_and_that_the_query_filter_shows()
        => Always.Holds(from book in Filters.Books from shape in Generated.Shapes select (book, shape), c =>
        {
            var row = Catalog.Row(c.book);
            var expected = !c.book.IsDeleted && c.shape.Terms.All(t => t.Values.Any(v => Enumerable.Range(0, v.Length).All(i => Equals(v[i], row[t.Ordinals[i]]))));
            Assert.Equal(expected, c.shape.Matches(row));
        }, runs: 1000);

    [Fact]
    public void A_list_is_looked_through_and_a_long_list_is_looked_up_with_the_same_result()
        => Always.Holds(Gen.Choose(0, 40), value =>
        {
            var row = Catalog.Row(new Book { ShelfId = value });
            for (var length = 0; length < 20; length++)
            {
                var term = Catalog.Term(Catalog.Book, "ShelfId", [.. Enumerable.Range(0, length).Cast<object?>()]);
                Assert.Equal(value < length, term.Holds(row));
            }
        });

    [Fact]
    public void Fingerprints_do_not_depend_on_the_order_of_terms_lists_and_columns()
        => Always.Holds(from titles in Tricky.ListOf() from shelves in Gen.Choose(0, 5).ListOf() from seed in Gen.Choose(0, 1000) select (titles, shelves, seed), c =>
        {
            var random = new Random(c.seed);
            var titles = Catalog.Term(Catalog.Book, "Title", [.. c.titles]);
            var mixed = Catalog.Term(Catalog.Book, "Title", [.. c.titles.Concat(c.titles).OrderBy(_ => random.Next())]);
            var shelves = Catalog.Term(Catalog.Book, "ShelfId", [.. c.shelves.Cast<object?>()]);
            Assert.Equal(
                new Shape(Catalog.Book, [titles, shelves], Catalog.Projection(Catalog.Book, "Title", "Price")).Fingerprint,
                new Shape(Catalog.Book, [shelves, mixed], Catalog.Projection(Catalog.Book, "Price", "Id", "Title", "Price")).Fingerprint);
        });

    [Fact]
    public void Fingerprints_of_different_lists_differ()
        => Always.Holds(from a in Tricky.ListOf() from b in Tricky.ListOf() select (a, b), c =>
        {
            var a = Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Title", [.. c.a])).Fingerprint;
            var b = Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Title", [.. c.b])).Fingerprint;
            Assert.Equal(c.a.ToHashSet().SetEquals(c.b), a == b);
        }, runs: 1000);

    [Fact]
    public void Fingerprints_of_composite_keys_do_not_run_together()
    {
        Assert.NotEqual(Copies((1, "a"), (2, "b")), Copies((1, "b"), (2, "a")));
        Assert.NotEqual(Copies((1, "a\",2,\"b")), Copies((1, "a"), (2, "b")));
        Assert.Equal(Copies((1, "a"), (2, "b")), Copies((2, "b"), (1, "a")));
    }

    [Fact]
    public void Fingerprints_tell_entity_columns_and_terms_apart()
    {
        string[] different =
        [
            Catalog.Shape(Catalog.Book).Fingerprint,
            Catalog.Shape(Catalog.Copy).Fingerprint,
            new Shape(Catalog.Book, [], Catalog.Projection(Catalog.Book, "Title")).Fingerprint,
            new Shape(Catalog.Book, [], Catalog.Projection(Catalog.Book, "ShelfId")).Fingerprint,
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", 1)).Fingerprint,
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Id", 1)).Fingerprint,
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "OwnerId", 1)).Fingerprint,
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "OwnerId", (object?)null)).Fingerprint,
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "OwnerId")).Fingerprint,
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Title", (object?)null)).Fingerprint,
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Title", "null")).Fingerprint,
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Title", "")).Fingerprint,
            Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Title")).Fingerprint,
        ];
        Assert.Equal(different.Length, different.Distinct().Count());
    }

    [Theory]
    [InlineData("""{"price":"10.5"}""", """{"price":10.50}""")]
    [InlineData("""{"price":0}""", """{"price":"-0.00"}""")]
    [InlineData("""{"weight":0}""", """{"weight":-0.0}""")]
    [InlineData("""{"isbn":5}""", """{"isbn":"5"}""")]
    [InlineData("""{"binding":1}""", """{"binding":"Cloth"}""")]
    [InlineData("""{"boughtAt":"2026-01-01T00:00:00Z"}""", """{"boughtAt":"2026-01-01T02:00:00.000+02:00"}""")]
    [InlineData("""{"code":"0A1B2C3D-4E5F-6071-8293-A4B5C6D7E8F9"}""", """{"code":"0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"}""")]
    [InlineData("""{"title":{"in":["a"]}}""", """{"title":"\u0061"}""")]
    public void Fingerprints_of_one_value_in_two_forms_are_equal(string left, string right)
        => Assert.Equal(ShapeReaderTests.Read("Book", where: left).Fingerprint, ShapeReaderTests.Read("Book", where: right).Fingerprint);

    [Fact]
    public void A_key_and_a_filter_by_key_show_the_same()
        => Assert.Equal(ShapeReaderTests.Read("Book", keys: "[1,2]").Fingerprint, ShapeReaderTests.Read("Book", where: """{"id":{"in":[2,1]}}""").Fingerprint);

    [Fact]
    public void A4_a_fingerprint_does_not_show_its_values()
    {
        var fingerprint = ShapeReaderTests.Read("Book", where: """{"title":"secretsecret"}""").Fingerprint;
        Assert.Matches("^[0-9a-f]{32}$", fingerprint);
    }

    [Fact]
    public void Projections_are_equal_where_they_show_the_same_columns()
    {
        var projection = Catalog.Projection(Catalog.Book, "Title", "Price");
        Assert.Equal(projection, Catalog.Projection(Catalog.Book, "Price", "Title", "Id"));
        Assert.Equal(projection.GetHashCode(), Catalog.Projection(Catalog.Book, "Price", "Title", "Id").GetHashCode());
        Assert.NotEqual(projection, Catalog.Projection(Catalog.Book, "Title"));
        Assert.NotEqual(Catalog.Projection(Catalog.Genre), Catalog.Projection(Catalog.Cover));
        Assert.Equal("Book(id,price,title)", projection.ToString());
    }

    private static string Copies(params (int Book, string Place)[] keys)
        => Catalog.Shape(Catalog.Copy, new Term(Catalog.Copy.Key, keys.Select(k => new KeyValues([k.Book, k.Place])))).Fingerprint;
}
