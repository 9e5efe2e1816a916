using LiveHub.Model;
using LiveHub.Shapes;
using LiveHub.Tests.Model;
using LiveHub.Tests.Shapes;
using Microsoft.EntityFrameworkCore;
using KeyValues = LiveHub.Model.KeyValues;

namespace LiveHub.Tests.Snapshots;

public sealed class ShapeQueryTests(CatalogServer server) : IClassFixture<CatalogServer>
{
    [Fact]
    public async Task G2_a_snapshot_of_any_shape_is_the_rows_that_match_it()
    {
        var books = Always.Sample(Filters.Books, 300).Select((book, i) =>
        {
            book.Id = i + 1;
            return book;
        }).ToList();
        await server.SaveAsync([.. books]);
        var rows = books.ToDictionary(b => b.Id, b => Catalog.Row(b));
        foreach (var shape in Always.Sample(Generated.Shapes, 60))
        {
            var expected = rows.Where(r => shape.Matches(r.Value)).Select(r => r.Key).Order();
            Assert.Equal(expected, (await server.ReadAsync(Running(shape))).Select(r => (int)r["id"]!));
        }

        await EveryFilterSaysWhatPostgresSaysAsync(rows);
        await server.ExecuteAsync("delete from \"Books\"");
    }

    [Fact]
    public async Task A_null_in_a_list_is_looked_for_where_the_column_can_be_null_and_nowhere_else()
    {
        await server.SaveAsync(new Copy { BookId = 1, Place = "a", OwnerId = 1 }, new Copy { BookId = 1, Place = "b" }, new Copy { BookId = 2, Place = "a", OwnerId = 2 });
        Assert.Equal(["a1", "b1"], await PlacesAsync(("OwnerId", [1, null])));
        Assert.Equal(["b1"], await PlacesAsync(("OwnerId", [null])));
        Assert.Equal(["a1", "a2"], await PlacesAsync(("OwnerId", [1, 2, 3])));
        Assert.Equal([], await PlacesAsync(("OwnerId", [])));
        Assert.Equal(["a1", "b1"], await PlacesAsync(("BookId", [1, null])));
        Assert.Equal([], await PlacesAsync(("BookId", [null])));
        Assert.Equal([], await PlacesAsync(("Place", [null])));
        Assert.Equal(["b1"], await PlacesAsync(("BookId", [1]), ("OwnerId", [null])));
        await server.ExecuteAsync("delete from \"Copies\"");
    }

    [Fact]
    public async Task A_thousand_composite_keys_are_one_query()
    {
        await server.SaveAsync([.. Enumerable.Range(0, 50).Select(i => new Copy { BookId = 100 + i, Place = $"p{i}" })]);
        var copy = server.Entity("Copy");
        var keys = Enumerable.Range(0, 1000).Select(i => new KeyValues([100 + i, $"p{i}"])).Append(new([100, "p1"]));
        server.Sent.Texts.Clear();
        var rows = await server.ReadAsync(new(copy, [new(copy.Key, keys)], Catalog.Projection(copy, "Note")));
        Assert.Equal(50, rows.Count);
        Assert.Equal("""{"bookId":100,"place":"p0","note":null}""", rows[0].ToJsonString());
        Assert.Single(server.Sent.Texts);
        await server.ExecuteAsync("delete from \"Copies\"");
    }

    [Fact]
    public async Task C10_rows_are_found_by_uuid_by_bytes_and_by_converted_keys()
    {
        var genre = new Genre { Name = "poetry" };
        await server.SaveAsync(genre, new Cover { Hash = [1, 2, 0], Name = "x" }, new Cover { Hash = [3], Name = "y" }, new Author { Id = new(1L << 60), Style = Binding.Leather, Rank = Binding.Cloth, Mentor = new(5) });
        Assert.Equal($$"""{"id":"{{genre.Id:D}}","name":"poetry"}""", (await ReadKeysAsync("Genre", genre.Id, Guid.Empty)).ToJsonString());
        Assert.Equal("""{"hash":"AQIA","name":"x"}""", (await ReadKeysAsync("Cover", [1, 2, 0])).ToJsonString());
        Assert.Equal("""{"hash":"AQIA","name":"x"}""", (await ReadKeysAsync("Cover", new byte[] { 1, 2, 0 }, new byte[] { 9 })).ToJsonString());
        Assert.Equal("""{"id":"1152921504606846976","mentor":"5","rank":1,"style":"Leather"}""", (await ReadKeysAsync("Author", new AuthorId(1L << 60))).ToJsonString());
        Assert.Single(await server.ReadAsync(server.Shape("Author", ("Id", [new AuthorId(1L << 60), new AuthorId(2)]))));
        Assert.Single(await server.ReadAsync(server.Shape("Author", ("Style", [Binding.Leather, Binding.Paper]), ("Rank", [Binding.Cloth]), ("Mentor", [new AuthorId(5), null]))));
        Assert.Empty(await server.ReadAsync(server.Shape("Author", ("Style", [Binding.Paper, Binding.Cloth]))));
    }

    [Fact]
    public async Task Every_kind_of_column_can_be_asked_for_one_value_and_for_several()
    {
        var book = new Book
        {
            Id = 5000, ShelfId = 9, OwnerId = 9, Title = "nine", Lent = true, Signed = true, Isbn = long.MaxValue, Stars = 9, Price = 9.99m, Weight = double.NaN,
            BoughtAt = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), WrittenAt = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), Printed = new(2026, 1, 2),
            Code = Guid.Parse("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"), Binding = Binding.Leather, Scan = [1, 0, 2],
        };
        await server.SaveAsync(book);
        var row = Assert.Single(await server.ReadAsync(server.Shape("Book", ("Id", [5000]))));
        foreach (var column in server.Entity("Book").Exposed.Where(c => c.Property.Name is not "IsDeleted"))
        {
            var value = row[column.Name]!.ToJsonString();
            var where = column.IsKey ? """{"id":5000}""" : "{\"id\":5000,\"" + column + "\":" + value + "}";
            Assert.True((await server.ReadAsync(Running(ShapeReaderTests.Read("Book", where: where)))).Count == 1, where);
            where = "{\"" + column + "\":{\"in\":[" + value + "," + value + ",null]}" + (column.Name == "shelfId" ? "}" : ",\"shelfId\":9}");
            Assert.True((await server.ReadAsync(Running(ShapeReaderTests.Read("Book", where: where)))).Count == 1, where);
        }

        foreach (var (property, others) in new (string, object[])[] { ("Stars", [(byte)9, (byte)0]), ("Binding", [Binding.Leather, Binding.Cloth]), ("Scan", [new byte[] { 1, 0, 2 }, new byte[] { 1 }]) })
        {
            Assert.Single(await server.ReadAsync(server.Shape("Book", ("ShelfId", [9]), (property, others))));
            Assert.Empty(await server.ReadAsync(server.Shape("Book", ("ShelfId", [9]), (property, others[1..]))));
        }

        await server.ExecuteAsync("delete from \"Books\" where \"Id\" = 5000");
    }

    [Fact]
    public async Task A_join_entity_is_read_like_any_other()
    {
        var book = new Book { Id = 6000 };
        book.Genres.Add(new Genre { Name = "a" });
        book.Genres.Add(new Genre { Name = "b" });
        await server.SaveAsync(book);
        var rows = await server.ReadAsync(server.Shape("BookGenre", ("BookId", [6000])));
        Assert.Equal(book.Genres.Select(g => g.Id.ToString()).Order(), rows.Select(r => (string)r["genreId"]!).Order());
        var entity = server.Entity("BookGenre");
        var key = new Term(entity.Key, [new KeyValues([6000, book.Genres[0].Id])]);
        Assert.Single(await server.ReadAsync(new(entity, [key], Catalog.Projection(entity))));
        await server.ExecuteAsync("delete from \"Books\" where \"Id\" = 6000");
    }

    [Fact]
    public async Task F5_the_query_filter_holds()
    {
        await server.SaveAsync(new Book { Id = 7000, ShelfId = 70 }, new Book { Id = 7001, ShelfId = 70, IsDeleted = true });
        Assert.Equal(7000, (int)Assert.Single(await server.ReadAsync(server.Shape("Book", ("ShelfId", [70]))))["id"]!);
        Assert.Empty(await server.ReadAsync(server.Shape("Book", ("Id", [7001]))));
        await server.ExecuteAsync("delete from \"Books\" where \"ShelfId\" = 70");
    }

    [Fact]
    public async Task A4_only_the_columns_asked_for_are_read()
    {
        server.Sent.Texts.Clear();
        await server.ReadAsync(new(server.Entity("Book"), [], Catalog.Projection(server.Entity("Book"), "Title")));
        await server.ReadAsync(server.Shape("Book"));
        var texts = server.Sent.Texts.ToArray();
        Assert.Contains("\"Title\"", texts[0], StringComparison.Ordinal);
        Assert.DoesNotContain("\"Price\"", texts[0], StringComparison.Ordinal);
        Assert.Contains("\"Price\"", texts[1], StringComparison.Ordinal);
        Assert.DoesNotContain("\"Secret\"", texts[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shapes_of_one_form_are_one_statement_and_their_values_are_parameters()
    {
        server.Sent.Texts.Clear();
        await server.ReadAsync(server.Shape("Book", ("Title", ["needle"]), ("ShelfId", [1, 2, 3])));
        await server.ReadAsync(server.Shape("Book", ("Title", ["'; drop table \"Books\""]), ("ShelfId", [4, 5])));
        Assert.Equal(2, server.Sent.Texts.Count);
        var text = Assert.Single(server.Sent.Texts.Distinct());
        Assert.DoesNotContain("needle", text, StringComparison.Ordinal);
        Assert.Contains("ANY (@", text, StringComparison.Ordinal);
    }

    private async Task EveryFilterSaysWhatPostgresSaysAsync(Dictionary<int, LiveHub.Model.Row> rows)
    {
        foreach (var filter in Filters.Accepted.Concat(Filters.Unguarded))
        {
            var found = await server.WithDbAsync(db => db.Books.IgnoreQueryFilters().Where(filter).Select(b => b.Id).OrderBy(id => id).ToListAsync());
            var here = LiveHub.Model.RowFilter.Compile([filter], Catalog.Book.Columns);
            Assert.True(found.SequenceEqual(rows.Where(r => here.Shows(r.Value)).Select(r => r.Key).Order()), $"{filter} is answered otherwise by PostgreSQL.");
        }
    }

    /// <summary>The same shape of the model that runs on the server.</summary>
    private Shape Running(Shape shape)
    {
        var entity = server.Entity(shape.Entity.Name);
        return new(entity, [.. shape.Terms.Select(t => new Term([.. t.Columns.Select(c => entity.Columns[c.Ordinal])], t.Values))],
            new(entity, shape.Projection.Columns.Select(c => entity.Columns[c.Ordinal])));
    }

    private async Task<IEnumerable<string>> PlacesAsync(params (string Property, object?[] Values)[] terms)
        => (await server.ReadAsync(server.Shape("Copy", terms))).Select(r => $"{r["place"]}{r["bookId"]}").Order(StringComparer.Ordinal);

    private Task<System.Text.Json.Nodes.JsonObject> ReadKeysAsync(string entity, params byte[] key) => ReadKeysAsync(entity, (object)key);

    private async Task<System.Text.Json.Nodes.JsonObject> ReadKeysAsync(string entity, params object[] keys)
        => Assert.Single(await server.ReadAsync(server.Shape(entity, (server.Entity(entity).Key[0].Property.Name, keys))));
}
