using System.Text;
using LiveHub.Changes;
using LiveHub.Formats;
using LiveHub.Model;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Formats;

/// <summary>Bytes that nobody wrote so.</summary>
public sealed class ChangesetCodecBytesTests
{
    private static readonly LiveModel[] Models = [Catalog.Model, KindsDb.Live, Catalog.ModelOf<FormsDb>(live => live.Expose<Forms>()), Catalog.ModelOf<MembersDb>(MembersDb.Expose)];

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(255)]
    public void A_format_that_is_not_known_is_named(byte version)
    {
        var bytes = Codec.Write(Catalog.Model, Catalog.Changeset());
        Assert.Equal(1, bytes[0]);
        bytes[0] = version;
        Assert.Contains($"format {version}", Assert.Throws<ChangesetFormatException>(() => Codec.Read(Catalog.Model, bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_end_too_early_or_too_late_are_no_changeset()
    {
        foreach (var model in Models)
        {
            var bytes = Codec.Write(model, new RandomRows(5).Changeset(model.Entities));
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.Throws<ChangesetFormatException>(() => Codec.Read(model, bytes.AsSpan(0, length)));
            }

            Assert.Throws<ChangesetFormatException>(() => Codec.Read(model, [.. bytes, 0]));
        }
    }

    [Fact]
    public void Bytes_that_were_tampered_with_are_a_changeset_or_none_and_take_no_more_memory_than_they_are_worth()
    {
        var random = new Random(7);
        var (read, refused) = (0, 0);
        foreach (var model in Models)
        {
            var codec = new ChangesetCodec(model);
            var columns = model.Entities.Max(e => e.Columns.Length);
            for (var i = 0; i < 2_500; i++)
            {
                var bytes = Tamper(random, Codec.Write(model, new RandomRows(i).Changeset(model.Entities)));
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    IsValid(codec.Read(bytes));
                    read++;
                }
                catch (ChangesetFormatException)
                {
                    refused++;
                }

                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000 + (bytes.Length * 40L * columns));
            }
        }

        // Values are as good as others, lengths are not.
        Assert.True(read > 1_000, $"{read} were read.");
        Assert.True(refused > 1_000, $"{refused} were refused.");
    }

    [Theory]
    [InlineData("ffffffffffffffff7f")]
    [InlineData("ffffffff0f")]
    [InlineData("ffffffffffffffffff01")]
    [InlineData("ffffffffffffffffffff01")]
    public void A_length_that_lies_takes_no_memory(string length)
    {
        // Version, flags of a trace alone, the id: next comes the trace's length.
        byte[] bytes = [1, 2, .. new byte[16], .. Convert.FromHexString(length), .. "trace"u8];
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ChangesetFormatException>(() => Codec.Read(Catalog.Model, bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void A_text_that_is_no_text_is_refused()
        => Assert.Throws<ChangesetFormatException>(() => Codec.Read(Catalog.Model, [1, 2, .. new byte[16], 2, 0xC3, 0x28, 0, 0]));

    [Fact]
    public void An_update_that_changes_the_key_is_refused()
    {
        var update = Catalog.Change(Catalog.Copy, Catalog.Row(new Copy { BookId = 1, Place = "here" }), Catalog.Row(new Copy { BookId = 1, Place = "there" }));
        Assert.Throws<ChangesetFormatException>(() => Codec.Trip(Catalog.Model, Catalog.Changeset(update)));
    }

    [Fact]
    public void A_form_that_is_not_known_is_passed_over()
    {
        var genre = Catalog.Row(Catalog.Genre, new Genre { Id = Guid.NewGuid(), Name = "a genre" });
        var bytes = Codec.Write(Catalog.Model, Catalog.Changeset(Catalog.Change(Catalog.Genre, null, genre)));
        var form = bytes.AsSpan().IndexOf("Name"u8) + 4;
        Assert.Equal((byte)ValueForm.Text, bytes[form]);
        bytes[form] = (15 << 3) | Framing.Delimited;
        var read = Codec.Read(Catalog.Model, bytes);
        Assert.Empty(read.Changes);
        Assert.True(read.Invalidations.Single().Terms.Single().Holds(genre));
    }

    [Fact]
    public void What_is_remembered_of_other_processes_is_bounded()
    {
        var formats = new RowFormats(Catalog.Model);
        for (var i = 0; i < 500; i++)
        {
            var name = Encoding.UTF8.GetBytes($"{i:d20000}");
            formats.Find([0xA0, 0x9C, 0x01, .. name, 0]);
        }

        Assert.InRange(formats.RememberedBytes, 1, RowFormats.MaxHeaderBytes);
    }

    private static byte[] Tamper(Random random, byte[] bytes)
    {
        for (var left = random.Next(1, 4); left > 0 && bytes.Length > 0; left--)
        {
            var place = random.Next(bytes.Length);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes = [.. bytes[..place], (byte)random.Next(256), .. bytes[place..]];
                    break;
                case 3:
                    bytes = [.. bytes[..place], .. bytes[Math.Min(bytes.Length, place + random.Next(1, 9))..]];
                    break;
                default:
                    bytes[place] = (byte)(random.Next(2) == 0 ? 0xFF : 0x7F);
                    break;
            }
        }

        return bytes;
    }

    private static void IsValid(Changeset changeset)
    {
        foreach (var change in changeset.Changes)
        {
            Assert.InRange(change.Version, 1, (1L << 53) - 1);
            Assert.Equal((change.Operation is not Operation.Insert, change.Operation is not Operation.Delete), (change.Before is not null, change.After is not null));
            Assert.All(new[] { change.Before, change.After }.OfType<Row>(), row => Assert.All(change.Entity.Columns, c => IsOfColumn(c, row[c.Ordinal])));
            if (change.Operation is Operation.Update)
            {
                Assert.False(change.Changed.IsEmpty);
                Assert.Equal(change.Before!.Select(change.Entity.KeyOrdinals), change.After!.Select(change.Entity.KeyOrdinals));
                var difference = ColumnSet.Difference(change.Entity.Columns.Length, change.Before, change.After);
                Assert.All(change.Entity.Columns, c => Assert.Equal(difference.Contains(c.Ordinal), change.Changed.Contains(c.Ordinal)));
            }
        }

        Assert.All(changeset.Invalidations, i => Assert.All(i.Terms, t => Assert.All(t.Values, v => Assert.Equal(t.Columns.Length, v.Length))));
    }

    private static void IsOfColumn(Column column, object? value)
    {
        if (value is null || column.Member is not null || value is JsonText)
        {
            Assert.True(value is not null || (!column.IsKey && (column.Member is not null || !column.Property.ClrType.IsValueType || !column.IsCaptured
                || Nullable.GetUnderlyingType(column.Property.ClrType) is not null)), $"{column} is null.");
            return;
        }

        Assert.IsType(column.Property.GetElementType() is not null && !column.Property.ClrType.IsArray ? typeof(object[])
            : Nullable.GetUnderlyingType(column.Property.ClrType) ?? column.Property.ClrType, value, exactMatch: false);
    }
}
