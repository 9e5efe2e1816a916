using FsCheck;
using FsCheck.Fluent;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Changes;

public sealed class ChangesetBuilderTests
{
    private static readonly Row A = Genre(1, "a");
    private static readonly Row B = Genre(1, "b");
    private static readonly Row C = Genre(1, "c");

    private readonly ChangesetBuilder _builder = new();

    [Fact]
    public void Nothing_written_is_no_changeset()
    {
        Assert.True(_builder.IsEmpty);
        Assert.Null(Build());
    }

    [Fact]
    public void A_row_written_twice_has_its_first_before_and_its_last_after()
    {
        _builder.Add(Catalog.Genre, A, B);
        _builder.Add(Catalog.Genre, B, C);
        Is(Assert.Single(Build()!.Changes), Operation.Update, A, C);
    }

    [Fact]
    public void An_insert_and_an_update_are_an_insert()
    {
        _builder.Add(Catalog.Genre, null, A);
        _builder.Add(Catalog.Genre, A, B);
        Is(Assert.Single(Build()!.Changes), Operation.Insert, null, B);
    }

    [Fact]
    public void An_update_and_a_delete_are_a_delete_of_what_was_there()
    {
        _builder.Add(Catalog.Genre, A, B);
        _builder.Add(Catalog.Genre, B, null);
        Is(Assert.Single(Build()!.Changes), Operation.Delete, A, null);
    }

    [Fact]
    public void A_delete_and_an_insert_of_one_key_are_an_update()
    {
        _builder.Add(Catalog.Genre, A, null);
        _builder.Add(Catalog.Genre, null, B);
        Is(Assert.Single(Build()!.Changes), Operation.Update, A, B);
    }

    [Fact]
    public void Two_meet_where_both_wrote_a_row_or_may_have()
    {
        var other = new ChangesetBuilder();
        Assert.False(_builder.MeetsIn(other));
        _builder.Add(Catalog.Genre, A, B);
        Assert.False(_builder.MeetsIn(other));
        other.Add(Catalog.Genre, null, Genre(2, "a"));
        Assert.False(_builder.MeetsIn(other));
        other.Add(Catalog.Genre, B, null);
        Assert.True(_builder.MeetsIn(other));
        _builder.TakeBack(0);
        Assert.False(_builder.MeetsIn(other));
        _builder.Add(Catalog.Genre, null, Genre(2, "b"));
        Assert.True(_builder.MeetsIn(other));
        _builder.Add(Catalog.Genre, B, C);

        var whole = new ChangesetBuilder();
        whole.Add(Invalidation.Of(Catalog.Genre));
        Assert.True(_builder.MeetsIn(whole));
        Assert.True(whole.MeetsIn(_builder));
        Assert.False(whole.MeetsIn(new()));
    }

    [Fact]
    public void C9_an_insert_and_a_delete_are_nothing()
    {
        _builder.Add(Catalog.Genre, null, A);
        _builder.Add(Catalog.Genre, A, B);
        _builder.Add(Catalog.Genre, B, null);
        Assert.False(_builder.IsEmpty);
        Assert.Null(Build());
    }

    [Fact]
    public void An_update_that_changes_nothing_in_the_end_is_nothing()
    {
        _builder.Add(Catalog.Genre, A, B);
        _builder.Add(Catalog.Genre, B, Genre(1, "a"));
        Assert.Null(Build());
    }

    [Fact]
    public void A_builder_adds_what_a_later_one_gathered()
    {
        _builder.Add(Catalog.Genre, null, A);
        var later = new ChangesetBuilder();
        later.Add(Catalog.Genre, A, B);
        later.Add(Catalog.Genre, null, Genre(2, "x"));
        _builder.Add(later);
        var changeset = Build()!;
        Assert.Equal(2, changeset.Changes.Length);
        Is(changeset.Changes[0], Operation.Insert, null, B);
    }

    [Fact]
    public void Rows_of_different_entities_with_equal_keys_do_not_mix()
    {
        _builder.Add(Catalog.Genre, null, A);
        _builder.Add(Catalog.Cover, null, Catalog.Row(Catalog.Cover, new Cover { Hash = [1], Name = "x" }));
        _builder.Add(Catalog.Genre, null, Genre(2, "y"));
        Assert.Equal(3, Build()!.Changes.Length);
    }

    [Fact]
    public void C10_keys_of_bytes_are_compared_by_content()
    {
        var before = Catalog.Row(Catalog.Cover, new Cover { Hash = [1, 2], Name = "x" });
        var between = Catalog.Row(Catalog.Cover, new Cover { Hash = [1, 2], Name = "y" });
        _builder.Add(Catalog.Cover, before, between);
        _builder.Add(Catalog.Cover, Catalog.Row(Catalog.Cover, new Cover { Hash = [1, 2], Name = "y" }), null);
        Is(Assert.Single(Build()!.Changes), Operation.Delete, before, null);
    }

    [Fact]
    public void An_updates_changed_columns_are_those_that_differ()
    {
        var before = new Book { Id = 1, Title = "a", Scan = [1], Price = 1.50m };
        var after = new Book { Id = 1, Title = "b", Scan = [1], Price = 1.5m, OwnerId = 4 };
        _builder.Add(Catalog.Book, Catalog.Row(before), Catalog.Row(after));
        var change = Assert.Single(Build()!.Changes);
        Assert.Equal(["OwnerId", "Price", "Title"], Catalog.Book.Columns.Where(c => change.Changed.Contains(c.Ordinal)).Select(c => c.Property.Name));
    }

    [Fact]
    public void Every_change_carries_the_version_and_the_key()
    {
        _builder.Add(Catalog.Copy, null, Catalog.Row(new Copy { BookId = 7, Place = "x" }));
        var change = Assert.Single(_builder.Build(ChangesetId.New(default), new(9), 42)!.Changes);
        Assert.Equal(42, change.Version);
        Assert.Equal(new KeyValues([7, "x"]), change.Key);
    }

    [Fact]
    public void A_larger_changeset_has_a_larger_size()
    {
        _builder.Add(Catalog.Genre, null, A);
        var small = Build()!.SizeBytes;
        _builder.Add(Catalog.Genre, null, Genre(2, new string('x', 1000)));
        Assert.True(Build()!.SizeBytes > small + 2000);
    }

    [Fact]
    public void What_an_update_leaves_as_it_was_is_held_and_counted_once()
    {
        var note = new string('x', 1000);
        _builder.Add(Catalog.Genre, Genre(1, note), Genre(2, new(note.AsSpan())));
        var change = Assert.Single(Build()!.Changes);
        var place = Catalog.Genre.Columns.Single(c => c.PropertyName == "Name").Ordinal;
        Assert.Same(change.Before![place], change.After![place]);
        Assert.InRange(Build()!.SizeBytes, 2000, 3000);
    }

    [Fact]
    public void A_write_of_nothing_is_a_fault() => Assert.Throws<ArgumentNullException>(() => _builder.Add(Catalog.Genre, null, null));

    [Fact]
    public void Any_writes_end_as_the_difference_between_first_and_last()
        => Always.HoldsForLists(from key in Gen.Choose(1, 3) from name in Gen.Elements("a", "b", null) select (key, name), writes =>
        {
            var builder = new ChangesetBuilder();
            var now = new Dictionary<int, string>();
            var changed = new Dictionary<int, string?>();
            foreach (var (key, name) in writes.Where(w => w.name is not null || now.ContainsKey(w.key)))
            {
                var before = now.GetValueOrDefault(key);
                changed.TryAdd(key, before);
                builder.Add(Catalog.Genre, before is null ? null : Genre(key, before), name is null ? null : Genre(key, name));
                now.Remove(key);
                if (name is not null)
                {
                    now.Add(key, name);
                }
            }

            var expected = changed.Where(c => c.Value != now.GetValueOrDefault(c.Key)).Select(c => (c.Key, c.Value, now.GetValueOrDefault(c.Key)));
            var actual = builder.Build(ChangesetId.New(default), null, 1)?.Changes ?? [];
            Assert.Equal(expected.Order(), actual.Select(c => (((Guid)c.Key[0]!).ToByteArray()[0] + 0, Name(c.Before), Name(c.After))).Order());
        });

    private static string? Name(Row? row) => (string?)row?[Catalog.Column(Catalog.Genre, "Name").Ordinal];

    private static Row Genre(int id, string name) => Catalog.Row(Catalog.Genre, new Genre { Id = new(id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), Name = name });

    private static void Is(Change change, Operation operation, Row? before, Row? after)
    {
        Assert.Equal(operation, change.Operation);
        Assert.Same(before, change.Before);
        Assert.Same(after, change.After);
        Assert.Equal(operation is Operation.Update, !change.Changed.IsEmpty);
    }

    private Changeset? Build() => _builder.Build(ChangesetId.New(default), null, 1);
}
