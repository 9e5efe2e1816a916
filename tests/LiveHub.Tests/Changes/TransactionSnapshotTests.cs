using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using LiveHub.Changes;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Changes;

public sealed class TransactionSnapshotTests
{
    [Fact]
    public void Rule_11_a_snapshot_sees_exactly_what_had_committed()
        => Always.Holds(from min in Gen.Choose(0, 20) from size in Gen.Choose(0, 10) from active in Gen.Choose(0, 12).ListOf() select (min, size, active), c =>
        {
            var max = c.min + c.size;
            var active = c.active.Select(a => a + c.min).Where(a => a < max).Distinct().Order().ToList();
            var snapshot = new TransactionSnapshot(Id(c.min), Id(max), [.. active.Select(Id)]);
            for (var transaction = 0; transaction < max + 5; transaction++)
            {
                var seen = transaction < c.min || (transaction < max && !active.Contains(transaction));
                Assert.Equal(seen, snapshot.Sees(Id(transaction)));
            }
        });

    [Fact]
    public void Numbers_beyond_63_bits_are_compared_as_they_are()
    {
        var snapshot = new TransactionSnapshot(new(1UL << 63), new(ulong.MaxValue), [new((1UL << 63) + 5)]);
        Assert.True(snapshot.Sees(new(1)));
        Assert.True(snapshot.Sees(new((1UL << 63) + 4)));
        Assert.False(snapshot.Sees(new((1UL << 63) + 5)));
        Assert.False(snapshot.Sees(new(ulong.MaxValue)));
    }

    [Fact]
    public void A_position_and_a_transaction_are_written_plainly()
    {
        Assert.Equal("12:00000000000000ff", new Position(12, 255).ToString());
        Assert.Equal("18446744073709551615", new TransactionId(ulong.MaxValue).ToString());
    }

    private static TransactionId Id(int value) => new((ulong)value);
}
