using System.Buffers;
using System.Text.Json;
using System.Text;
using FsCheck.Fluent;
using LiveHub.Changes;
using LiveHub.Formats;
using LiveHub.Model;
using LiveHub.Tests.Infrastructure;
using LiveHub.Tests.Model;
using Entity = LiveHub.Model.Entity;

namespace LiveHub.Tests.Formats;

/// <summary>Changesets as bytes and back, with one model on both sides.</summary>
public sealed class ChangesetCodecTests
{
    private static readonly LiveModel Forms = Catalog.ModelOf<FormsDb>(live => live.Expose<Forms>());
    private static readonly LiveModel Trips = Catalog.ModelOf<MembersDb>(MembersDb.Expose);

    [Fact]
    public void Rule_4_every_value_of_a_row_is_read_as_it_was_written() => AreReadAsWritten(Forms);

    [Fact]
    public void Rule_4_rows_of_every_shape_are_read_as_they_were_written() => AreReadAsWritten(Catalog.Model);

    [Fact]
    public void Rule_4_members_JSON_and_lists_are_read_as_they_were_written() => AreReadAsWritten(Trips);

    [Fact]
    public void Rule_4_values_that_only_the_provider_knows_are_read_as_they_were_written()
        => AreReadAsWritten(KindsDb.Live, KindsDb.Live.Find("Kind")!);

    [Fact]
    public void The_trips_of_an_application_are_read_as_they_were_written()
    {
        var trip = Trips.Find("Trip")!;
        Always.Holds(LiveHub.Tests.Model.Trips.All, made =>
        {
            var row = new Row([.. trip.Columns.Select(c => !c.IsCaptured ? null : c.ToRow(c.Member is { } member ? member.Property.PropertyInfo!.GetValue(made) : c.Property.PropertyInfo!.GetValue(made)))]);
            var changeset = Changeset.Of(ChangesetId.New(DateTimeOffset.UnixEpoch), null, [Catalog.Change(trip, null, row)], []);
            AreSame(changeset, Codec.Trip(Trips, changeset));
        });
    }

    [Fact]
    public void What_after_shares_with_before_is_written_once_and_shared_again()
    {
        var before = Catalog.Row(new Book { Id = 1, Title = new('x', 10_000), Scan = [1, 2] });
        var after = Catalog.Row(new Book { Id = 1, Title = new('x', 10_000), Scan = [1, 2], Stars = 1 });
        var changeset = Catalog.Changeset(Catalog.Change(Catalog.Book, before, after));
        Assert.InRange(Codec.Write(Catalog.Model, changeset).Length, 10_000, 10_400);

        var read = Codec.Trip(Catalog.Model, changeset).Changes.Single();
        foreach (var column in Catalog.Book.Columns.Where(c => c.PropertyName != "Stars" && read.Before![c.Ordinal] is not null))
        {
            Assert.Same(read.Before![column.Ordinal], read.After![column.Ordinal]);
        }
    }

    [Fact]
    public void Changes_keep_their_order_and_an_entity_is_named_once()
    {
        var changes = Enumerable.Range(0, 6).Select(i => i % 2 == 0
            ? Catalog.Change(Catalog.Genre, null, Catalog.Row(Catalog.Genre, new Genre { Id = Guid.NewGuid(), Name = $"g{i}" }), 50)
            : Catalog.Change(Catalog.Copy, null, Catalog.Row(new Copy { BookId = i, Place = "p" }), 50 - i)).ToArray();
        var changeset = Catalog.Changeset(changes);
        var bytes = Codec.Write(Catalog.Model, changeset);
        Assert.Equal(2, Encoding.Latin1.GetString(bytes).Split("Genre").Length);
        Assert.Equal(changes.Select(c => (c.Entity, c.Key, c.Version)), Codec.Read(Catalog.Model, bytes).Changes.Select(c => (c.Entity, c.Key, c.Version)));
    }

    /// <summary>Told in the changeset's bytes, the format cannot change by accident; a new one is a new version of the format. LIVEHUB_WRITE_GOLDEN=1 writes the file.</summary>
    [Fact]
    public void The_format_is_the_one_of_the_golden_file()
    {
        var file = Path.Combine(PostgresServer.Root(), "tests", "LiveHub.Tests", "Formats", "changeset.golden.txt");
        var text = Convert.ToHexStringLower(Codec.Write(Forms, Golden()));
        if (Environment.GetEnvironmentVariable("LIVEHUB_WRITE_GOLDEN") is "1")
        {
            File.WriteAllText(file, string.Concat(text.Chunk(120).Select(line => new string(line) + "\n")));
        }

        var golden = File.ReadAllText(file).ReplaceLineEndings("");
        Assert.Equal(golden, text);
        AreSame(Golden(), Codec.Read(Forms, Convert.FromHexString(golden)));
    }

    [Fact]
    public void Of_the_models_of_the_tests_nothing_is_at_fault()
    {
        Assert.Empty(ChangesetCodec.Faults(Catalog.Model));
        Assert.Empty(ChangesetCodec.Faults(Forms));
        Assert.Empty(ChangesetCodec.Faults(Trips));
        Assert.Empty(ChangesetCodec.Faults(KindsDb.Live));
    }

    internal static void AreSame(Changeset written, Changeset read)
    {
        Assert.Equal((written.Id, written.Transaction, written.Trace, written.SizeBytes), (read.Id, read.Transaction, read.Trace, read.SizeBytes));
        Assert.Equal(written.Changes.Length, read.Changes.Length);
        foreach (var (a, b) in written.Changes.Zip(read.Changes))
        {
            Assert.Equal((a.Entity, a.Operation, a.Version, a.SizeBytes), (b.Entity, b.Operation, b.Version, b.SizeBytes));
            AreSame(a.Entity, a.Before, b.Before);
            AreSame(a.Entity, a.After, b.After);
            Assert.Equal(a.Operation is Operation.Update, a.Entity.Columns.Any(c => a.Operation is Operation.Update && a.Changed.Contains(c.Ordinal)));
            Assert.All(a.Entity.Columns, c => Assert.Equal(a.Operation is Operation.Update && a.Changed.Contains(c.Ordinal), b.Operation is Operation.Update && b.Changed.Contains(c.Ordinal)));
        }

        Assert.Equal(written.Invalidations.Length, read.Invalidations.Length);
        foreach (var (a, b) in written.Invalidations.Zip(read.Invalidations))
        {
            Assert.Equal(a.Entity, b.Entity);
            Assert.Equal(a.Terms.Length, b.Terms.Length);
            foreach (var (x, y) in a.Terms.Zip(b.Terms))
            {
                Assert.Equal(x.Columns, y.Columns);
                Assert.Equal(x.Values, y.Values);
            }
        }
    }

    private static void AreSame(Entity entity, Row? written, Row? read)
    {
        Assert.Equal(written is null, read is null);
        if (written is not null)
        {
            Assert.All(entity.Columns, c => Assert.True(IsSame(c, written[c.Ordinal], read![c.Ordinal]), $"{c.PropertyName}: {written[c.Ordinal]} was read as {read![c.Ordinal]}."));
        }
    }

    private static bool IsSame(Column column, object? written, object? read)
        => Values.AreIdentical(written, read)
        && (column.Member is not null || !column.Property.ClrType.IsArray || written?.GetType() == read?.GetType())
        && (written, read) switch
        {
            (DateTime a, DateTime b) => a.Kind == b.Kind,
            (DateTimeOffset a, DateTimeOffset b) => a.EqualsExact(b),
            _ => true,
        }
        && (!column.IsExposed || written is null || Shown(column, written) == Shown(column, read!));

    private static string Shown(Column column, object value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions);
        column.Codec.Write(writer, value);
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void AreReadAsWritten(LiveModel model, params Entity[] entities) => Always.Holds(Gen.Choose(0, int.MaxValue), seed =>
    {
        var changeset = new RandomRows(seed).Changeset(entities is [] ? model.Entities : entities);
        AreSame(changeset, Codec.Trip(model, changeset));
    });

    private static Changeset Golden()
    {
        var forms = Forms.Find("Forms")!;
        var rows = new[] { Filled(forms, 1, "a"), Filled(forms, 1, "b"), Filled(forms, 2, "c") };
        return Changeset.Of(
            new(Guid.Parse("019a7f3e-0000-7000-8000-000000000001")), new(12_345), [
                Change.Between(forms, 1_000, rows[0], rows[1])!,
                Change.Between(forms, 1_000, rows[2], null)!,
                Change.Between(forms, 1_001, null, Filled(forms, 3, "d"))!,
            ],
            [Invalidation.Of(forms), Invalidation.Of(forms, [new KeyValues([7]), new KeyValues([8])])],
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    }

    private static Row Filled(Entity forms, int id, string text)
    {
        var time = new DateTime(2026, 11, 21, 10, 15, 19, DateTimeKind.Utc);
        return Catalog.Row(forms, ("Id", id), ("Bool", true), ("Byte", (byte)255), ("SByte", (sbyte)-1), ("Short", (short)300), ("UShort", (ushort)65_535), ("UInt", 7u), ("Float", 0.5f),
            ("Double", -0.1), ("Long", long.MinValue), ("ULong", ulong.MaxValue), ("Decimal", 10.50m), ("String", text), ("Char", 'ü'), ("Guid", Guid.Parse("0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9")),
            ("DateTimeOffset", new DateTimeOffset(time.AddHours(2).Ticks, TimeSpan.FromHours(2))), ("DateTime", time), ("LocalTime", DateTime.SpecifyKind(time, DateTimeKind.Unspecified)),
            ("Day", new DateTime(2026, 11, 21)), ("Real", 0.25), ("Lower", "abc"), ("Marked", "x!"), ("DateOnly", new DateOnly(2026, 11, 21)), ("TimeOnly", new TimeOnly(10, 15, 19)),
            ("TimeSpan", TimeSpan.FromMinutes(-90)), ("Bytes", new byte[] { 0, 255, 62 }), ("MaybeInt", null), ("Colour", Colour.Green), ("MaybeColour", null), ("Days", Days.Monday | Days.Tuesday),
            ("Huge", Huge.Most), ("Deep", Deep.Top), ("NamedColour", Colour.Black), ("NumberedColour", Colour.Black), ("Ticket", new Ticket("A-1")), ("MaybeTicket", new Ticket("A-2")));
    }
}
