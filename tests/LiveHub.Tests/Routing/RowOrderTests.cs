using System.Runtime.CompilerServices;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Routing;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Routing;

public sealed class RowOrderTests
{
    private static readonly Entity Forms = Catalog.ModelOf<FormsDb>(live => live.Expose<Forms>()).Find("Forms")!;

    private readonly Clock _clock = new();
    private RowOrder _order = Pieces.Order();
    private long _offset;

    [Fact]
    public void Rule_18_a_changeset_that_is_forgotten_came_no_later_than_the_last_that_is()
    {
        _order = Pieces.Order(new() { Count = 1 }, _clock);
        var old = ChangesetId.New(_clock.GetUtcNow());
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_order.OffsetOf(ChangesetId.New(_clock.GetUtcNow()), isToCome: false));
        _order.Place(Entry(Book(1, 1, null, "a")));
        _order.Place(Entry(Book(2, 2, null, "a")));
        _order.Place(Entry(Book(3, 3, null, "a")));
        Assert.Equal((2L, null), (_order.OffsetOf(old, isToCome: false), _order.OffsetOf(old, isToCome: true)));
    }

    [Fact]
    public void Rule_7_what_comes_in_order_is_routed_as_it_is()
    {
        foreach (var change in new[] { Book(1, 1, null, "a"), Book(1, 2, "a", "b"), Book(2, 3, null, "a"), Book(1, 4, "b", null), Book(1, 5, null, "c") })
        {
            var entry = Entry(change);
            Assert.Same(entry, _order.Place(entry));
        }
    }

    [Fact]
    public void Rule_7_a_late_change_leads_from_its_own_before_to_the_newest_after()
    {
        var newest = Book(1, 2, "b", "c");
        Place(newest);
        var change = Assert.Single(Place(Book(1, 1, "a", "b")).Changes);
        Assert.Equal((2, Operation.Update, "a"), (change.Version, change.Operation, Title(change.Before)));
        Assert.Same(newest.After, change.After);
        Assert.True(change.Changed.Contains(Catalog.Column(Catalog.Book, "Title").Ordinal));
    }

    [Fact]
    public void Rule_7_a_change_later_still_leads_to_the_newest_after_too()
    {
        Place(Book(1, 3, "c", "d"));
        Place(Book(1, 2, "b", "c"));
        var change = Assert.Single(Place(Book(1, 1, "a", "b")).Changes);
        Assert.Equal((3, "a", "d"), (change.Version, Title(change.Before), Title(change.After)));
    }

    [Fact]
    public void Rule_7_a_late_change_of_a_row_that_was_deleted_is_a_delete()
    {
        Place(Book(1, 2, "b", null));
        var change = Assert.Single(Place(Book(1, 1, "a", "b")).Changes);
        Assert.Equal((2, Operation.Delete, "a"), (change.Version, change.Operation, Title(change.Before)));
    }

    [Fact]
    public void Rule_7_a_late_change_that_makes_no_difference_shows_nowhere_and_the_rest_of_its_changeset_is_as_it_was()
    {
        Place(Book(2, 2, "b", "a"));
        var (other, more) = (Book(1, 1, null, "a"), Book(3, 1, null, "a"));
        var placed = Place(other, Book(2, 1, "a", "b"), more).Changes;
        Assert.Equal((other, more), (placed[0], placed[2]));
        Assert.Equal((2, "a", "a", true), (placed[1].Version, Title(placed[1].Before), Title(placed[1].After), placed[1].Changed.IsEmpty));
        Assert.Equal(DiffKind.None, Differ.Diff(Catalog.Shape(Catalog.Book), placed[1]));
    }

    [Fact]
    public void Rule_7_an_equal_version_is_applied()
    {
        Place(Book(1, 2, "a", "b"));
        var again = Book(1, 2, "a", "c");
        Assert.Same(again, Assert.Single(Place(again).Changes));
        Assert.Equal("c", Title(Assert.Single(Place(Book(1, 1, null, "a")).Changes).After));
    }

    [Fact]
    public void Rule_7_a_late_change_whose_row_is_forgotten_is_read_again()
    {
        _order = Pieces.Order(new() { Count = 2 });
        Place(Book(1, 10, null, "a"));
        Place(Book(2, 11, null, "a"));
        Place(Book(3, 12, null, "a"));
        var newer = Book(5, 13, null, "a");
        var placed = Place(Book(1, 9, "a", "b"), newer, Book(4, 10, "a", "b"));
        Assert.Equal([newer], placed.Changes);
        var invalidation = Assert.Single(placed.Invalidations);
        Assert.Equal(Catalog.Book, invalidation.Entity);
        Assert.Equal([1, 4], Assert.Single(invalidation.Terms).Values.Select(v => (int)v[0]!));
        Assert.Equal([Catalog.Book.Key[0]], invalidation.Terms[0].Columns);
    }

    [Fact]
    public void Rule_7_a_version_above_all_that_was_forgotten_is_in_order_however_old_its_row_is()
    {
        _order = Pieces.Order(new() { Count = 1 });
        Place(Book(1, 10, null, "a"));
        Place(Book(2, 20, null, "a"));
        var change = Book(1, 11, "a", "b");
        Assert.Same(change, Assert.Single(Place(change).Changes));
    }

    [Fact]
    public void Rule_7_what_was_forgotten_of_one_database_says_nothing_of_another()
    {
        _order = Pieces.Order(new() { Count = 1 });
        Place(Book(1, 10, null, "a"));
        Place(Book(2, 20, null, "a"));
        var change = Catalog.Change(Forms, null, Catalog.Row(Forms, new Forms { Id = 1 }), version: 5);
        Assert.Same(change, Assert.Single(Place(change).Changes));
    }

    [Fact]
    public void Rule_7_what_the_log_had_trimmed_before_this_node_came_counts_as_forgotten()
    {
        _order.SkipTo(new(_offset = 100, 0));
        var placed = _order.Place(Entry(Book(1, 15, "a", "b")) with { VersionBefore = 20 }).Changeset;
        Assert.Empty(placed.Changes);
        Assert.Equal(1, Assert.Single(placed.Invalidations).Terms[0].Values[0][0]);

        // What comes after the first entry is known, and what it may come late behind, too.
        Assert.Single(_order.Place(Entry(Book(1, 30, null, "c")) with { VersionBefore = 20 }).Changeset.Changes);
        Assert.Single(_order.Place(Entry(Book(2, 25, null, "c")) with { VersionBefore = 30 }).Changeset.Changes);
        var other = Catalog.Change(Forms, null, Catalog.Row(Forms, new Forms { Id = 1 }), version: 5);
        Assert.Single(_order.Place(Entry(other) with { VersionBefore = 4 }).Changeset.Changes);
    }

    [Fact]
    public void Rule_7_of_a_transaction_over_two_contexts_what_was_trimmed_counts_as_forgotten_for_both()
    {
        _order.SkipTo(new(_offset = 100, 0));
        var form = Catalog.Change(Forms, null, Catalog.Row(Forms, new Forms { Id = 1 }), version: 15);
        var placed = _order.Place(Entry(Book(1, 15, "a", "b"), form) with { VersionBefore = 20 }).Changeset;
        Assert.Empty(placed.Changes);
        Assert.Equal(["Book", "Forms"], placed.Invalidations.Select(i => i.Entity.Name).Order());
    }

    [Fact]
    public void Rule_7_what_the_log_itself_wants_read_again_stays()
    {
        _order = Pieces.Order(new() { Count = 1 });
        Place(Book(1, 10, null, "a"));
        Place(Book(2, 11, null, "a"));
        var own = Invalidation.Of(Catalog.Genre);
        var entry = Entry(Book(1, 9, "a", "b"));
        var placed = _order.Place(entry with { Changeset = entry.Changeset with { Invalidations = [own] } }).Changeset;
        Assert.Equal([Catalog.Genre, Catalog.Book], placed.Invalidations.Select(i => i.Entity));
        Assert.Equal(entry.Changeset.Id, placed.Id);
    }

    [Fact]
    public void Rule_7_after_a_gap_all_that_was_known_counts_as_forgotten()
    {
        Place(Book(1, 10, null, "a"));
        Place(Book(2, 20, null, "a"));
        _offset += 5;
        var placed = Place(Book(1, 15, "a", "b"), Book(3, 21, null, "a"));
        Assert.Equal(3, Assert.Single(placed.Changes).Key[0]);
        Assert.Equal(1, Assert.Single(placed.Invalidations).Terms[0].Values[0][0]);
        Assert.Equal((1, 1), _order.Count);
    }

    [Fact]
    public void An_entry_that_could_not_be_placed_leaves_nothing()
    {
        var entry = Entry(Book(1, 1, null, "a"), Catalog.Change(Catalog.Book, null, new Row([])));
        Assert.ThrowsAny<Exception>(() => _order.Place(entry));
        Assert.Null(_order.Read(0, 1));
        Place(Book(2, 2, null, "a"));
        Assert.Equal((1, 1), _order.Count);
    }

    [Fact]
    public void Rule_7_no_more_is_remembered_than_the_log_s_count()
    {
        _order = Pieces.Order(new() { Count = 10 });
        for (var i = 1; i <= 1000; i++)
        {
            Place(Book(i, i, null, "a"), Book(i % 7 * 10_000, i, "a", "b"), Book(1_000_000 + i, 1000 - i, null, "a"));
            var (rows, entries) = _order.Count;
            Assert.InRange(entries, 1, 10);
            Assert.InRange(rows, 1, 30);
        }
    }

    [Fact]
    public void Rule_7_no_more_is_remembered_than_the_log_s_bytes()
    {
        _order = Pieces.Order(new() { Bytes = 1000 });
        for (var i = 1; i <= 100; i++)
        {
            Place(Book(i, i, null, "a"), Book(-i, i, null, "a"));
        }

        Assert.Equal((10, 5), _order.Count);
    }

    [Fact]
    public void Rule_7_nothing_older_is_remembered_than_the_log_s_age()
    {
        _order = Pieces.Order(new() { Age = TimeSpan.FromMinutes(1) }, _clock);
        Place(Book(1, 1, null, "a"));
        _clock.Advance(TimeSpan.FromSeconds(40));
        Place(Book(2, 2, null, "a"));
        _clock.Advance(TimeSpan.FromSeconds(21));
        Place(Book(3, 3, null, "a"));
        Assert.Equal((2, 2), _order.Count);
    }

    [Fact]
    public void Rule_7_a_row_is_known_as_long_as_its_newest_version_and_no_longer()
    {
        _order = Pieces.Order(new() { Count = 3 });
        Place(Book(1, 10, null, "a"));
        Place(Book(1, 11, "a", "b"));
        Place(Book(2, 12, null, "a"));
        Place(Book(3, 13, null, "a"));
        Assert.Equal((3, 3), _order.Count);
        Assert.Equal("b", Title(Assert.Single(Place(Book(1, 9, "x", "y")).Changes).After));

        // The late change is remembered still; the newest one is not.
        Assert.Equal((2, 3), _order.Count);
        Assert.Single(Place(Book(1, 8, "x", "y")).Invalidations);
    }

    [Fact]
    public void Rule_7_a_row_that_changes_all_the_time_keeps_nothing_of_what_it_was()
    {
        _order = Pieces.Order(new() { Count = 2 });
        var first = PlaceFirst();
        for (var i = 2; i <= 5; i++)
        {
            Place(Book(1, i, "a", "b"));
        }

        GC.Collect();
        Assert.False(first.IsAlive);
        Assert.Equal((1, 2), _order.Count);
    }

    [Fact]
    public void What_was_routed_can_be_read_as_long_as_it_is_remembered()
    {
        _order = Pieces.Order(new() { Count = 3 });
        for (var i = 1; i <= 5; i++)
        {
            Place(Book(i, i, null, "a"));
        }

        Assert.Equal([3L, 4, 5], _order.Read(2, 5)!.Select(e => e.Position.Offset));
        Assert.Equal([4L], _order.Read(3, 4)!.Select(e => e.Position.Offset));
        Assert.Empty(_order.Read(5, 5)!);
        Assert.Null(_order.Read(1, 5));
        Assert.Null(_order.Read(4, 6));
        Assert.Null(_order.Read(0, 1));
    }

    [Fact]
    public void Rule_10_what_a_snapshot_in_progress_needs_is_remembered_until_nobody_needs_it()
    {
        var inProgress = Pieces.InProgress(_clock);
        _order = Pieces.Order(new() { Count = 3 }, _clock, inProgress);
        Place(1, 5);
        var later = inProgress.Begin(5);
        var earlier = inProgress.Begin(4);
        Place(6, 10);
        Assert.Equal(6, _order.Read(4, 10)!.Count);
        Assert.Null(_order.Read(3, 10));
        earlier.Dispose();
        Place(11, 11);
        Assert.Equal(6, _order.Read(5, 11)!.Count);
        Assert.Null(_order.Read(4, 11));
        later.Dispose();
        later.Dispose();
        Place(12, 12);
        Assert.Equal((3, 3), _order.Count);
    }

    [Fact]
    public void Rule_10_for_a_snapshot_that_takes_for_ever_the_log_is_remembered_for_60_s_beyond_the_longest_read()
    {
        var inProgress = Pieces.InProgress(_clock);
        _order = Pieces.Order(new() { Age = TimeSpan.FromSeconds(1) }, _clock, inProgress);
        using var snapshot = inProgress.Begin(0);
        Place(1, 1);
        _clock.Advance(new LiveHubOptions().SnapshotTimeout + TimeSpan.FromSeconds(59));
        Place(2, 2);
        Assert.Equal(2, _order.Read(0, 2)!.Count);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Place(3, 3);
        Assert.Null(_order.Read(0, 3));
    }

    [Theory]
    [InlineData(5, long.MaxValue, 5)]
    [InlineData(1_000, 1_000, 10)]
    public void Rule_10_for_snapshots_in_progress_no_more_than_four_times_the_log_is_remembered(int count, long bytes, int without)
    {
        var inProgress = Pieces.InProgress(_clock);
        _order = Pieces.Order(new() { Count = count, Bytes = bytes }, _clock, inProgress);
        Place(1, 100);
        Assert.Equal(without, _order.Count.Entries);
        using var snapshot = inProgress.Begin(_offset);
        Place(101, 200);
        Assert.Equal(4 * without, _order.Count.Entries);
    }

    [Fact]
    public void Invalidations_are_remembered_as_long_as_what_was_routed()
    {
        _order = Pieces.Order(new() { Count = 4 });
        for (var i = 1; i <= 6; i++)
        {
            _order.Place(new(new(++_offset, 0), Catalog.Changeset() with { Invalidations = [.. Enumerable.Repeat(Invalidation.Of(Catalog.Book, []), i % 2 * 2)] }));
        }

        Assert.Equal([5L, 5, 3, 3], _order.ReadInvalidations(2, 6)!.Select(i => i.Position.Offset));
        Assert.Equal([3L, 3], _order.ReadInvalidations(2, 4)!.Select(i => i.Position.Offset));
        Assert.Empty(_order.ReadInvalidations(3, 4)!);
        Assert.Empty(_order.ReadInvalidations(6, 6)!);
        Assert.Null(_order.ReadInvalidations(1, 6));
        Assert.Null(_order.ReadInvalidations(2, 7));
    }

    [Fact]
    public void What_was_routed_can_be_read_only_after_a_gap()
    {
        _offset = 10;
        Assert.Empty(_order.Read(10, 10)!);
        Assert.Null(_order.Read(9, 10));
        Place(Book(1, 1, null, "a"));
        _offset += 5;
        Assert.Null(_order.Read(11, 16));
        Assert.Empty(_order.Read(16, 16)!);
        Place(Book(2, 2, null, "a"));
        Assert.Null(_order.Read(11, 17));
        Assert.Null(_order.Read(15, 17));
        Assert.Single(_order.Read(16, 17)!);
    }

    [Fact]
    public void Rule_7_a_late_change_is_read_in_the_form_in_which_it_was_routed()
    {
        Place(Book(1, 2, "b", "c"));
        var routed = Place(Book(1, 1, "a", "b"));
        Assert.Same(routed, _order.Read(1, 2)![0].Changeset);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference PlaceFirst()
    {
        var title = new string('x', 100);
        Place(Book(1, 1, null, title));
        return new(title);
    }

    /// <summary>Inserts a row each, at some offsets.</summary>
    private void Place(int from, int through)
    {
        for (var i = from; i <= through; i++)
        {
            Place(Book(i, i, null, "a"));
        }
    }

    private Changeset Place(params Change[] changes) => _order.Place(Entry(changes)).Changeset;

    private LogEntry Entry(params Change[] changes) => new(new(++_offset, 0), Catalog.Changeset(changes));

    private static string? Title(Row? row) => (string?)row?[Catalog.Column(Catalog.Book, "Title").Ordinal];

    private static Change Book(int id, long version, string? before, string? after) => Catalog.Change(Catalog.Book, Row(id, before), Row(id, after), version);

    private static Row? Row(int id, string? title) => title is null ? null : Catalog.Row(new Book { Id = id, Title = title });
}
