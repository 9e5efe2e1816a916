using System.Globalization;
using FsCheck.Fluent;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Model;

public sealed class ColumnSetTests
{
    private const int Width = 150;

    private static readonly Entity Wide = Catalog.ModelOf<WideDb>(live => live.Expose("Wide")).Find("Wide")!;

    [Fact]
    public void A_set_holds_exactly_its_columns_beyond_the_64th_too()
        => Always.HoldsForLists(Gen.Choose(0, Width), picked =>
        {
            var set = ColumnSet.Of(Wide.Columns.Length, picked.Select(p => Wide.Columns[p]));
            Assert.Equal(picked.Length == 0, set.IsEmpty);
            Assert.Equal(picked.Distinct().Order(), Enumerable.Range(0, Wide.Columns.Length).Where(set.Contains));
        });

    [Fact]
    public void Two_sets_overlap_where_they_share_a_column()
        => Always.Holds(from a in Gen.Choose(0, Width).ListOf() from b in Gen.Choose(0, Width).ListOf() select (a, b), c =>
            Assert.Equal(c.a.Intersect(c.b).Any(), Set(c.a).Overlaps(Set(c.b))));

    [Fact]
    public void The_difference_of_two_rows_is_the_columns_in_which_they_differ()
        => Always.HoldsForLists(Gen.Choose(0, Width), changed =>
        {
            var before = new object?[Wide.Columns.Length];
            var after = (object?[])before.Clone();
            foreach (var ordinal in changed)
            {
                after[ordinal] = ordinal;
            }

            var difference = ColumnSet.Difference(Wide.Columns.Length, new(before), new(after));
            Assert.Equal(changed.Distinct().Order(), Enumerable.Range(0, Wide.Columns.Length).Where(difference.Contains));
        });

    [Theory]
    [InlineData("1.0", "1.00", false)]
    [InlineData("1.0", "1.0", true)]
    [InlineData("-1.0", "1.0", false)]
    [InlineData("0", "0.0", false)]
    public void Decimals_differ_where_their_text_does(string left, string right, bool identical)
    {
        object a = decimal.Parse(left, CultureInfo.InvariantCulture), b = decimal.Parse(right, CultureInfo.InvariantCulture);
        Assert.Equal(identical, Values.AreIdentical(a, b));
        Assert.Equal(identical, Values.AreIdentical(new[] { (decimal)a }, new[] { (decimal)b }));
        Assert.Equal(!identical, !ColumnSet.Difference(1, new([a]), new([b])).IsEmpty);
    }

    [Theory]
    [InlineData(0.0, -0.0, false)]
    [InlineData(0.0f, -0.0f, false)]
    [InlineData(double.NaN, double.NaN, true)]
    [InlineData(1.5, 1.5, true)]
    [InlineData(null, 0, false)]
    [InlineData("a", "a", true)]
    public void Other_values_differ_where_what_is_written_of_them_does(object? left, object? right, bool identical)
        => Assert.Equal(identical, Values.AreIdentical(left, right));

    [Fact]
    public void The_empty_set_is_empty() => Assert.True(default(ColumnSet).IsEmpty);

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(1, null, false)]
    [InlineData(null, 1, false)]
    [InlineData(1, 1, true)]
    [InlineData(1, 1L, false)]
    [InlineData("a", "A", false)]
    [InlineData(double.NaN, double.NaN, true)]
    [InlineData(new byte[] { 1 }, new byte[] { 1 }, true)]
    [InlineData(new byte[] { 1 }, new byte[] { 2 }, false)]
    [InlineData(new[] { 1, 2 }, new[] { 1, 2 }, true)]
    [InlineData(new[] { 1, 2 }, new[] { 2, 1 }, false)]
    public void Values_are_compared_as_the_database_compares_them(object? left, object? right, bool equal)
    {
        Assert.Equal(equal, Values.AreEqual(left, right));
        if (equal)
        {
            Assert.Equal(Values.Hash(left), Values.Hash(right));
        }
    }

    [Fact]
    public void A_key_is_compared_by_content_wherever_its_values_lie()
    {
        var row = new Row([1, new byte[] { 7 }, "x"]);
        var key = row.Select([2, 1]);
        var same = new KeyValues(["x", new byte[] { 7 }]);
        Assert.Equal(same, key);
        Assert.Equal(same.GetHashCode(), key.GetHashCode());
        Assert.Equal(same, key.Detach());
        Assert.NotEqual(new KeyValues(["x"]), key);
        Assert.NotEqual(new KeyValues([new byte[] { 7 }, "x"]), key);
        Assert.Equal("x,System.Byte[]", key.ToString());
    }

    private static ColumnSet Set(IEnumerable<int> ordinals) => ColumnSet.Of(Wide.Columns.Length, ordinals.Select(o => Wide.Columns[o]));

    private sealed class WideDb(DbContextOptions<WideDb> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
            => modelBuilder.SharedTypeEntity<Dictionary<string, object>>("Wide", wide =>
            {
                wide.IndexerProperty<int>("Id");
                for (var i = 0; i < Width; i++)
                {
                    wide.IndexerProperty<int?>($"Column{i}");
                }
            });
    }
}
