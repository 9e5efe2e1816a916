using LiveHub.Changes;
using LiveHub.Formats;
using LiveHub.Model;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;
using NpgsqlTypes;
using Entity = LiveHub.Model.Entity;

namespace LiveHub.Tests.Formats;

/// <summary>Who reads a changeset may have another model than who wrote it, while a release rolls out.</summary>
public sealed class ChangesetCodecModelTests
{
    private static readonly Entity OldItem = OldDb.Live.Find("Item")!;
    private static readonly Entity NewItem = NewDb.Live.Find("Item")!;
    private static readonly Entity OldPlan = OldDb.Live.Find("Plan")!;
    private static readonly Entity NewPlan = NewDb.Live.Find("Plan")!;

    [Fact]
    public void Rule_4_columns_are_found_by_name_and_those_that_are_not_known_are_ignored()
    {
        var read = Forth(Change.Between(OldItem, 5, Item(i => i.Title = "a"), Item(i => i.Title = "b"))!);
        var change = Assert.Single(read.Changes);
        Assert.Empty(read.Invalidations);
        Assert.Equal((NewItem, Operation.Update, 5), (change.Entity, change.Operation, change.Version));
        Assert.Equal([1, "a", NewStage.Done, "A-1", 7L, (short)9, 3, null], Named(change.Before!));
        Assert.Equal([1, "b", NewStage.Done, "A-1", 7L, (short)9, 3, null], Named(change.After!));
        Assert.Equal(["Title"], NewItem.Columns.Where(c => change.Changed.Contains(c.Ordinal)).Select(c => c.PropertyName));
    }

    [Fact]
    public void Rule_4_an_update_of_columns_that_are_not_known_is_none()
    {
        var read = Forth(Change.Between(OldItem, 5, Item(i => i.Remarks = ["a"]), Item(i => i.Remarks = []))!);
        Assert.Empty(read.Changes);
        Assert.Empty(read.Invalidations);
    }

    [Fact]
    public void Rule_4_changes_of_an_entity_that_is_not_known_are_left_out()
    {
        var retired = OldDb.Live.Find("Retired")!;
        var written = Of([Change.Between(retired, 1, null, Catalog.Row(retired, new Retired { Id = 1 }))!, Change.Between(OldItem, 1, Item(), null)!],
            Invalidation.Of(retired), Invalidation.Of(retired, [new KeyValues([3])]), Invalidation.Of(OldItem));
        var read = Codec.Read(NewDb.Live, Codec.Write(OldDb.Live, written));
        Assert.Equal(written.Id, read.Id);
        Assert.Equal(Operation.Delete, Assert.Single(read.Changes).Operation);
        Assert.Equal(NewItem, Assert.Single(read.Invalidations).Entity);
    }

    [Fact]
    public void G2_a_row_that_lacks_a_column_is_read_again_by_its_key()
    {
        var read = Forth(Change.Between(OldPlan, 5, null, Plan(1))!, Change.Between(OldPlan, 5, Plan(2), null)!);
        Assert.Empty(read.Changes);
        IsOfKeys(read, NewPlan, 1, 2);
        Assert.Equal(64 + 128, read.SizeBytes);
    }

    [Fact]
    public void G2_rows_of_very_many_keys_that_cannot_be_taken_are_their_whole_entity()
    {
        var read = Forth([.. Enumerable.Range(0, 2_000).Select(i => Change.Between(OldPlan, 5, null, Plan(i))!)]);
        Assert.Empty(Assert.Single(read.Invalidations).Terms);
    }

    [Fact]
    public void G2_a_row_whose_key_cannot_be_taken_has_its_entity_read_again()
    {
        var code = OldDb.Live.Find("Code")!;
        var read = Forth(Change.Between(code, 5, null, Catalog.Row(code, new OldCode { Id = 1 }))!);
        Assert.Empty(read.Changes);
        Assert.Equal(Invalidation.Of(NewDb.Live.Find("Code")!), Assert.Single(read.Invalidations));
    }

    [Fact]
    public void G2_a_key_that_does_not_fit_has_its_entity_read_again()
    {
        var line = OldDb.Live.Find("Line")!;
        Change[] changes = [.. new[] { 1L, 1L << 40, 2L }.Select(id => Change.Between(line, 5, null, Catalog.Row(line, new OldLine { Id = id }))!)];
        var read = Forth(changes);
        Assert.Equal([1, 2], read.Changes.Select(c => c.Key[0]));
        Assert.Equal(Invalidation.Of(NewDb.Live.Find("Line")!), Assert.Single(read.Invalidations));
    }

    [Fact]
    public void G2_a_column_that_is_not_captured_here_does_not_enter_a_row()
        => Assert.Null(Assert.Single(Forth(Change.Between(OldItem, 5, null, Item(i => i.Hidden = "x"))!).Changes).After![Catalog.Column(NewItem, "Hidden").Ordinal]);

    [Theory]
    [InlineData("Total", 40_000L)]
    [InlineData("Rank", null)]
    public void G2_a_value_that_does_not_fit_has_its_row_read_again(string property, object? value)
    {
        var before = Item();
        var odd = new Row([.. OldItem.Columns.Select(c => c.PropertyName == property ? value : before[c.Ordinal])]);
        IsOfKeys(Forth(Change.Between(OldItem, 5, null, odd)!), NewItem, 1);
        IsOfKeys(Forth(Change.Between(OldItem, 5, odd, before)!), NewItem, 1);
        IsOfKeys(Forth(Change.Between(OldItem, 5, before, odd)!), NewItem, 1);
        IsOfKeys(Forth(Change.Between(OldItem, 5, odd, null)!), NewItem, 1);
    }

    [Fact]
    public void G2_a_value_as_the_model_has_it_is_not_taken_for_one_as_it_is_stored()
    {
        var note = OldDb.Live.Find("Note")!;
        IsOfKeys(Forth(Change.Between(note, 5, null, Catalog.Row(note, new OldNote { Id = 1, Word = "a" }))!), NewDb.Live.Find("Note")!, 1);
    }

    [Fact]
    public void G2_a_name_that_an_older_release_does_not_have_has_its_row_read_again()
    {
        var row = Catalog.Row(NewItem, new NewItem { Id = 1, Stage = NewStage.Blocked });
        var read = Codec.Read(OldDb.Live, Codec.Write(NewDb.Live, Of([Change.Between(NewItem, 1, null, row)!])));
        IsOfKeys(read, OldItem, 1);
    }

    [Fact]
    public void An_enum_is_told_by_name_where_the_database_holds_names()
    {
        var kind = KindsDb.Live.Find("Kind")!;
        var random = new RandomRows(1).Next(kind);
        var row = new Row([.. kind.Columns.Select(c => c.PropertyName switch { "Id" => 1, "Mood" => Mood.Merry, _ => random[c.Ordinal] })]);
        var bytes = Codec.Write(KindsDb.Live, Of([Change.Between(kind, 1, null, row)!]));
        var name = bytes.AsSpan().IndexOf("Merry"u8);
        bytes[name] = (byte)'B';
        IsOfKeys(Codec.Read(KindsDb.Live, bytes), kind, 1);
    }

    [Fact]
    public void G2_terms_that_are_not_known_are_left_out_so_that_more_is_read_again()
    {
        var key = new Term(OldItem.Key, [new KeyValues([1]), new KeyValues([2])]);
        var total = Catalog.Term(OldItem, "Total", 40_000L, 1L);
        var remarks = Catalog.Term(OldItem, "Remarks", [new[] { "a" }]);
        var read = Codec.Read(NewDb.Live, Codec.Write(OldDb.Live, Of([], new Invalidation(OldItem, [key, total, remarks]), new Invalidation(OldItem, [total]))));
        IsOfKeys(read.Invalidations[0], NewItem, 1, 2);
        Assert.Equal(Invalidation.Of(NewItem), read.Invalidations[1]);
    }

    [Fact]
    public void G2_what_a_converter_cannot_write_has_its_entity_read_again()
    {
        var delicate = KindsDb.Live.Find("Delicate")!;
        Change[] changes = [.. new[] { "good", Fragile.Broken, "fine" }.Select((text, i) =>
            Change.Between(delicate, i + 1, null, Catalog.Row(delicate, new Delicate { Id = i, Fragile = new(text) }))!)];
        var read = Codec.Trip(KindsDb.Live, Of(changes, new Invalidation(delicate, [Catalog.Term(delicate, "Fragile", new Ticket(Fragile.Broken))])));
        Assert.Equal([(1L, new Ticket("good")), (3L, new Ticket("fine"))], read.Changes.Select(c => (c.Version, (Ticket)c.After![Catalog.Column(delicate, "Fragile").Ordinal]!)));
        Assert.Equal([Invalidation.Of(delicate), Invalidation.Of(delicate)], read.Invalidations);
    }

    [Fact]
    public void G2_a_value_that_its_converter_does_not_lead_back_to_has_its_row_read_again()
    {
        var delicate = KindsDb.Live.Find("Delicate")!;
        var row = Catalog.Row(delicate, new Delicate { Id = 4, Drifting = new("a") });
        IsOfKeys(Codec.Trip(KindsDb.Live, Of([Change.Between(delicate, 1, null, row)!])), delicate, 4);
    }

    [Fact]
    public void What_cannot_be_written_and_rows_depend_on_is_a_fault_with_its_remedy()
    {
        var model = Catalog.ModelOf<VectorDb>(live => live.Expose<Vector>(v => v.Hide(x => x.Words).Hide(x => x.Shape)));
        var fault = Assert.Single(ChangesetCodec.Faults(model));
        Assert.Equal("Vector.Words: values of type NpgsqlTsVector cannot be sent to other nodes, and rows are not complete without them: a key, a relation or a query filter names the " +
            "property. Give it a value converter to a simple type.", fault);
        Assert.False(Catalog.Column(model.Find("Vector")!, "Shape").IsCaptured);
        var vector = model.Find("Vector")!;
        var row = Catalog.Row(vector, new Vector { Id = 1, Words = NpgsqlTsVector.Empty });
        Assert.Single(Codec.Trip(model, Of([Change.Between(vector, 1, null, row)!])).Changes);
    }

    private static Changeset Of(Change[] changes, params Invalidation[] invalidations) => Changeset.Of(ChangesetId.New(DateTimeOffset.UnixEpoch), null, [.. changes], [.. invalidations]);

    /// <summary>From a process of the old release to one of the new.</summary>
    private static Changeset Forth(params Change[] changes) => Codec.Read(NewDb.Live, Codec.Write(OldDb.Live, Of(changes)));

    private static Row Item(Action<OldItem>? change = null)
    {
        var item = new OldItem { Id = 1, Title = "t", Stage = OldStage.Done, Tag = new("A-1"), Count = 7, Total = 9, Rank = 3 };
        change?.Invoke(item);
        return Catalog.Row(OldItem, item);
    }

    private static Row Plan(int id) => Catalog.Row(OldPlan, new OldPlan { Id = id, Name = "p" });

    private static object?[] Named(Row row)
        => [.. new[] { "Id", "Title", "Stage", "Tag", "Count", "Total", "Rank", "Hidden" }.Select(p => row[Catalog.Column(NewItem, p).Ordinal])];

    private static void IsOfKeys(Changeset changeset, Entity entity, params object[] keys)
    {
        Assert.Empty(changeset.Changes);
        IsOfKeys(Assert.Single(changeset.Invalidations), entity, keys);
    }

    private static void IsOfKeys(Invalidation invalidation, Entity entity, params object[] keys)
    {
        Assert.Equal(entity, invalidation.Entity);
        var term = Assert.Single(invalidation.Terms);
        Assert.Equal(entity.Key, term.Columns);
        Assert.Equal(keys.Select(k => new KeyValues([k])), term.Values);
    }

    private sealed class VectorDb(DbContextOptions<VectorDb> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Vector>().HasQueryFilter(v => v.Words != null);
    }

    private sealed class Vector
    {
        public int Id { get; set; }

        public NpgsqlTsVector? Words { get; set; }

        public NpgsqlPoint Shape { get; set; }
    }
}
