using System.Buffers;
using System.Text;
using System.Text.Json;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Model;

/// <summary>A column of every type that has a form on the wire.</summary>
internal sealed class FormsDb(DbContextOptions<FormsDb> options) : DbContext(options)
{
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Forms>(forms =>
    {
        forms.Property(f => f.LocalTime).HasColumnType("timestamp without time zone");
        forms.Property(f => f.Day).HasColumnType("date");
        forms.Property(f => f.Real).HasColumnType("real");
        forms.Property(f => f.Lower).HasConversion(v => v.ToLowerInvariant(), v => v);
        forms.Property(f => f.Marked).HasConversion(v => v + "!", v => v);
        forms.Property(f => f.NamedColour).HasConversion<string>();
        forms.Property(f => f.NumberedColour).HasConversion<int>();
        forms.Property(f => f.Ticket).HasConversion(t => t.Number, n => new Ticket(n));
        forms.Property(f => f.MaybeTicket).HasConversion(t => t!.Value.Number, n => new Ticket(n));
    });
}

internal enum Colour
{
    Red = 1,
    Green = 2,
    Black = 3,
}

[Flags]
internal enum Days
{
    None = 0,
    Monday = 1,
    Tuesday = 2,
}

internal enum Huge : ulong
{
    One = 1,
    Most = ulong.MaxValue,
}

internal enum Deep : long
{
    Top = 1,
}

internal readonly record struct Ticket(string Number);

internal sealed class Forms
{
    public int Id { get; set; }

    public bool Bool { get; set; }

    public byte Byte { get; set; }

    public sbyte SByte { get; set; }

    public short Short { get; set; }

    public ushort UShort { get; set; }

    public uint UInt { get; set; }

    public float Float { get; set; }

    public double Double { get; set; }

    public long Long { get; set; }

    public ulong ULong { get; set; }

    public decimal Decimal { get; set; }

    public string String { get; set; } = "";

    public char Char { get; set; }

    public Guid Guid { get; set; }

    public DateTimeOffset DateTimeOffset { get; set; }

    public DateTime DateTime { get; set; }

    public DateTime LocalTime { get; set; }

    public DateTime Day { get; set; }

    public double Real { get; set; }

    public string Lower { get; set; } = "";

    public string Marked { get; set; } = "";

    public DateOnly DateOnly { get; set; }

    public TimeOnly TimeOnly { get; set; }

    public TimeSpan TimeSpan { get; set; }

    public byte[] Bytes { get; set; } = [];

    public int? MaybeInt { get; set; }

    public Colour Colour { get; set; }

    public Colour? MaybeColour { get; set; }

    public Days Days { get; set; }

    public Huge Huge { get; set; }

    public Deep Deep { get; set; }

    public Colour NamedColour { get; set; }

    public Colour NumberedColour { get; set; }

    public Ticket Ticket { get; set; }

    public Ticket? MaybeTicket { get; set; }
}

/// <summary>Codecs as the model chooses them, used as the wire uses them.</summary>
internal static class Codecs
{
    private static readonly Entity Forms = Catalog.ModelOf<FormsDb>(live => live.Expose<Forms>()).Find("Forms")!;

    public static ValueCodec Of(string property) => Catalog.Column(Forms, property).Codec;

    public static string Write(string property, object value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, WireJson.WriterOptions);
        Of(property).Write(writer, value);
        writer.Flush();
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public static bool TryRead(string property, string json, out object? value)
    {
        using var document = JsonDocument.Parse(json);
        return Of(property).TryRead(document.RootElement, out value);
    }

    public static object? Read(string property, string json)
    {
        Assert.True(TryRead(property, json, out var value), $"{property} does not take {json}.");
        return value;
    }
}
