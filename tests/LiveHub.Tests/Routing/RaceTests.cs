using FsCheck;
using FsCheck.Fluent;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Shapes;
using LiveHub.Tests.Model;
using LiveHub.Tests.Shapes;

namespace LiveHub.Tests.Routing;

/// <summary>Changes that reach the log in another order than the database took them in.</summary>
public sealed class RaceTests
{
    private static readonly Shape[] ByShelf = [.. new[] { 1, 2, 3 }.Select(shelf => Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "ShelfId", shelf)))];
    private static readonly Shape Whole = Catalog.Shape(Catalog.Book);
    private static readonly Shape ByKey = Catalog.Shape(Catalog.Book, Catalog.Term(Catalog.Book, "Id", [.. Enumerable.Range(0, 500).Select(i => (object?)i)]));
    private static readonly Shape[] Shapes = [.. ByShelf, ByKey, Whole];

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    [InlineData(4, 13)]
    [InlineData(5, 197)]
    public void Rule_7_changes_of_a_row_end_the_same_in_whatever_order_they_come(int length, int every)
    {
        var races = Chain.All(length).Where((_, i) => i % every == 0).SelectMany(chain => Chain.Orders(length).Select(order => (Chain: chain, Order: order))).ToList();
        var log = RoutedLog.Of(Shapes, races.SelectMany((race, id) => race.Order.Select(i => (Change[])[race.Chain.Changes(id)[i]])));
        var client = new ModelClient();
        client.Enter(log.Snapshots(Enumerable.Range(0, Shapes.Length), Table(0)), []);
        foreach (var (_, ops) in log.Steps)
        {
            client.Apply(ops);
        }

        log.IsOnTable(client, Table(length), () => "some row is not what the database has");

        List<Row> Table(int state) => [.. races.Select((race, id) => race.Chain.Row(id, state)).OfType<Row>()];
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 5)]
    [InlineData(4, 307)]
    public void Rule_7_what_joins_a_snapshot_ends_the_same_whenever_it_was_read_and_enters(int length, int every)
    {
        foreach (var chain in Chain.All(length).Where((_, i) => i % every == 0))
        {
            foreach (var order in Chain.Orders(length))
            {
                var changes = chain.Changes(1);
                var log = RoutedLog.Of(Shapes, order.Select(i => (Change[])[changes[i]]));
                foreach (var (from, seen, position) in Moments(order))
                {
                    EndsOnTable(log, chain, from, seen, position, live: []);
                    EndsOnTable(log, chain, from, seen, position, live: [4]);
                }
            }
        }
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    [InlineData(4, 101)]
    public void Rule_20_who_goes_on_from_anywhere_ends_as_who_never_left(int length, int every)
    {
        foreach (var chain in Chain.All(length).Where((_, i) => i % every == 0))
        {
            foreach (var order in Chain.Orders(length))
            {
                var changes = chain.Changes(1);
                var log = RoutedLog.Of(Shapes, order.Select(i => (Change[])[changes[i]]));
                for (var from = 0; from <= length; from++)
                {
                    for (var position = from; position <= length; position++)
                    {
                        GoesOn(log, [0, 1, 2, 3, 4], TableOf(chain, 0), TableOf(chain, length), from, position, maxOps: 1, () => chain.ToString());
                        GoesOn(log, [1], TableOf(chain, 0), TableOf(chain, length), from, position, maxOps: 1, () => chain.ToString());
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(1, 0, 2)]
    [InlineData(1, 2, 0)]
    public void Rule_20_who_holds_a_row_that_was_deleted_late_and_had_come_again_as_it_was_hears_of_its_end(params int[] order)
    {
        var chain = new Chain([new(1, "a", null), null, new(1, "a", null), null]);
        var log = RoutedLog.Of(Shapes, order.Select(i => (Change[])[chain.Changes(1)[i]]));
        GoesOn(log, [0, 1, 2, 3, 4], TableOf(chain, 0), [], from: 0, position: 3, maxOps: 1, () => "the row stays");
    }

    [Fact]
    public void Rule_20_whatever_was_missed_comes_once_a_row_and_ends_on_the_table()
        => Always.HoldsForLists(Gen.Zip(Generated.Shapes.ArrayOf(3), Gen.Choose(0, int.MaxValue)), Table.Writes, (shapesAndSeed, writes) =>
        {
            var seed = shapesAndSeed.Item2;
            var shapes = shapesAndSeed.Item1.Select(s => new Shape(s.Entity, s.Terms, shapesAndSeed.Item1[0].Projection)).DistinctBy(s => s.Fingerprint).ToArray();
            var random = new Random(seed);
            var table = new Table();
            var changes = table.Write(writes).ToArray();
            random.Shuffle(changes);
            var entries = Entries(changes, random).ToList();
            var log = RoutedLog.Of(shapes, entries);
            var from = random.Next(entries.Count + 1);
            var position = random.Next(from, entries.Count + 1);
            var rows = entries.Skip(from).Take(position - from).SelectMany(e => e).Select(c => c.Key).Distinct().Count();
            GoesOn(log, [.. Enumerable.Range(0, shapes.Length)], [], [.. table.Rows.Values], from, position, maxOps: rows, () => $"seed {seed}");
        }, runs: 300);

    [Fact]
    public void Rule_7_whatever_is_written_and_however_late_it_comes_every_shape_ends_on_the_table()
        => Always.HoldsForLists(Gen.Zip(Generated.Shapes, Gen.Choose(0, int.MaxValue)), Table.Writes, (shapeAndSeed, writes) =>
        {
            var (shape, seed) = shapeAndSeed;
            var table = new Table();
            var changes = table.Write(writes).ToArray();
            new Random(seed).Shuffle(changes);
            var log = RoutedLog.Of([shape], Entries(changes, new(seed)));
            var client = new ModelClient();
            client.Enter(log.Snapshots([0], []), []);
            foreach (var (_, ops) in log.Steps)
            {
                client.Apply(ops);
            }

            log.IsOnTable(client, [.. table.Rows.Values], () => $"seed {seed}");
        }, runs: 300);

    [Fact]
    public void S3b_two_changes_of_different_columns_in_the_wrong_order_are_both_seen()
    {
        var client = EndsOnTable(new Chain([new(1, "a", null), new(1, "b", null), new(1, "b", 7)]), [1, 0]);
        Assert.Contains("\"title\":\"b\"", Assert.Single(client.Rows(1)), StringComparison.Ordinal);
        Assert.Contains("\"ownerId\":7", Assert.Single(client.Rows(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void S3b_a_row_that_moved_there_and_back_in_the_wrong_order_ends_where_it_is()
    {
        var client = EndsOnTable(new Chain([new(1, "a", null), new(2, "a", null), new(1, "a", null)]), [1, 0]);
        Assert.Single(client.Rows(1));
        Assert.Empty(client.Rows(2));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void S4_a_row_that_was_deleted_stays_deleted_however_late_an_older_update_comes(params int[] order)
    {
        var client = EndsOnTable(new Chain([new(1, "a", null), new(2, "b", null), null]), order);
        Assert.All([1, 2, 3, 4, 5], shape => Assert.Empty(client.Rows(shape)));
    }

    /// <summary>Begins with the row as it was at first.</summary>
    private static ModelClient EndsOnTable(Chain chain, int[] order)
    {
        var changes = chain.Changes(1);
        var log = RoutedLog.Of(Shapes, order.Select(i => (Change[])[changes[i]]));
        return EndsOnTable(log, chain, 0, 0, 0, live: []);
    }

    /// <param name="log">The row's changes in some order.</param>
    /// <param name="chain">What the row went through.</param>
    /// <param name="from">Where the router was when the snapshot's read began.</param>
    /// <param name="seen">How many changes of the row the snapshot saw.</param>
    /// <param name="position">Where the snapshot enters.</param>
    /// <param name="live">The shapes that are there from the start; the rest enters.</param>
    private static ModelClient EndsOnTable(RoutedLog log, Chain chain, int from, int seen, int position, int[] live)
    {
        var entering = Enumerable.Range(0, Shapes.Length).Except(live).ToList();
        var client = new ModelClient();
        client.Enter(log.Snapshots(live, TableOf(chain, 0)), []);
        foreach (var (_, ops) in log.Steps.Where(s => s.Offset <= position))
        {
            client.Apply(ops);
        }

        client.Enter(log.Snapshots(entering, TableOf(chain, seen)), log.Joined(from, position, entering));
        foreach (var (_, ops) in log.Steps.Where(s => s.Offset > position))
        {
            client.Apply(ops);
        }

        log.IsOnTable(client, TableOf(chain, chain.Length), () => $"{chain}, from {from}, seen {seen}, position {position}");
        return client;
    }

    /// <summary>A connection that was away between two positions.</summary>
    private static void GoesOn(RoutedLog log, int[] shapes, List<Row> first, List<Row> last, long from, long position, int maxOps, Func<string> otherwise)
    {
        var client = new ModelClient();
        client.Enter(log.Snapshots(shapes, first), []);
        foreach (var (_, ops) in log.Steps.Where(s => s.Offset <= from))
        {
            client.Apply(ops);
        }

        var missed = log.Missed(from, position, shapes);
        Assert.InRange(missed.Count, 0, maxOps);
        client.Apply(missed);
        foreach (var (_, ops) in log.Steps.Where(s => s.Offset > position))
        {
            client.Apply(ops);
        }

        log.IsOnTable(client, last, () => $"{otherwise()}, away from {from} to {position}", shapes);
    }

    private static List<Row> TableOf(Chain chain, int state) => chain.Row(1, state) is { } row ? [row] : [];

    /// <summary>A snapshot sees whatever was in the log before it was read, and enters where the log holds all that it saw.</summary>
    private static IEnumerable<(int From, int Seen, int Position)> Moments(int[] order)
        => from start in Enumerable.Range(0, order.Length + 1)
           from position in Enumerable.Range(start, order.Length + 1 - start)
           from seen in Enumerable.Range(0, order.Length + 1)
           where order.Take(start).All(i => i < seen) && Enumerable.Range(0, seen).All(i => order.Take(position).Contains(i))
           select (start, seen, position);

    /// <summary>Several rows' changes in an entry, but one a row.</summary>
    private static IEnumerable<Change[]> Entries(Change[] changes, Random random)
    {
        var entry = new List<Change>();
        foreach (var change in changes)
        {
            if (entry.Exists(c => c.Key.Equals(change.Key)) || random.Next(2) == 0)
            {
                yield return [.. entry];
                entry.Clear();
            }

            entry.Add(change);
        }

        yield return [.. entry];
    }
}
