using FsCheck.Fluent;
using LiveHub.Routing;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Routing;

public sealed class DeliveriesTests
{
    /// <summary>Some diffs are added; some of the first are removed.</summary>
    private static readonly FsCheck.Gen<(int Added, int Removed)> Steps =
        from added in Gen.Choose(0, 40) from removed in Gen.Choose(0, 40) select (added, removed);

    [Fact]
    public void What_is_added_is_there_in_its_order_until_it_is_removed()
        => Always.HoldsForLists(Steps, steps =>
        {
            var deliveries = new Deliveries();
            var expected = new List<Delivery>();
            foreach (var (added, removed) in steps)
            {
                var more = Enumerable.Range(0, added).Select(_ => Delivery()).ToArray();
                deliveries.AddRange(more);
                expected.AddRange(more);
                var count = Math.Min(removed, expected.Count);
                deliveries.RemoveFirst(count);
                expected.RemoveRange(0, count);
                Assert.Equal(expected.Count, deliveries.Count);
                Assert.True(deliveries.Span.SequenceEqual([.. expected]));
            }

            deliveries.Clear();
            Assert.Equal(0, deliveries.Count);
        });

    private static Delivery Delivery()
    {
        var member = Pieces.Member(Catalog.Shape(Catalog.Book), 1);
        return new(new(new(Catalog.Change(Catalog.Book, null, Catalog.Row(Catalog.Book, new Book())), new(1, 1)), member.Shape, DiffKind.Insert, isShared: true), member);
    }
}
