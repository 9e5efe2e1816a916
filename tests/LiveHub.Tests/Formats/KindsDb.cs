using System.Net;
using System.Numerics;
using LiveHub.Formats;
using LiveHub.Model;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using Microsoft.EntityFrameworkCore;
using NpgsqlTypes;

namespace LiveHub.Tests.Formats;

/// <summary>Columns that are not simply of a simple type.</summary>
internal sealed class KindsDb(DbContextOptions<KindsDb> options) : DbContext(options)
{
    public static LiveModel Live { get; } = Catalog.ModelOf<KindsDb>(live => live.Expose<Kind>(kind => kind.Hide(k => k.Size).Hide(k => k.Host).Hide(k => k.Span).Hide(k => k.Link)).Expose<Delicate>());

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseNpgsql("Host=none", npgsql => npgsql.MapEnum<Mood>("mood"));

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Kind>(kind =>
        {
            kind.HasAlternateKey(k => k.Size);
            kind.HasQueryFilter(k => k.Link != null || k.Host != null);
            kind.PrimitiveCollection(k => k.Tickets).ElementType(e => e.HasConversion<TicketConverter>());
        });
        modelBuilder.Entity<Delicate>(delicate =>
        {
            delicate.Property(k => k.Fragile).HasConversion(t => Fragile.Break(t), n => new Ticket(n));
            delicate.Property(k => k.Drifting).HasConversion(t => t!.Value.Number + "!", n => new Ticket(n));
        });
    }
}

internal enum Mood
{
    Calm,
    Merry,
}

internal sealed class TicketConverter() : ValueConverter<Ticket, string>(t => t.Number, n => new(n));

internal static class Fragile
{
    public const string Broken = "broken";

    public static string Break(Ticket ticket) => ticket.Number == Broken ? throw new InvalidOperationException("It breaks.") : ticket.Number;
}

internal sealed class Kind
{
    public int Id { get; set; }

    public Mood Mood { get; set; }

    public Mood? MaybeMood { get; set; }

    public List<Mood> Moods { get; set; } = [];

    public Mood[] MoodArray { get; set; } = [];

    /// <summary>Hidden, an alternate key.</summary>
    public BigInteger Size { get; set; }

    /// <summary>Hidden, in the query filter.</summary>
    public IPAddress? Host { get; set; }

    /// <summary>Hidden, and nothing depends on it.</summary>
    public NpgsqlRange<int> Span { get; set; }

    /// <summary>Hidden, in the query filter.</summary>
    public Uri? Link { get; set; }

    public int[] Array { get; set; } = [];

    public int?[]? MaybeArray { get; set; }

    public IList<long> Numbers { get; set; } = [];

    public string?[] Texts { get; set; } = [];

    public List<Guid>? Guids { get; set; }

    public List<Ticket> Tickets { get; set; } = [];
}

/// <summary>With converters that do not do what converters should.</summary>
internal sealed class Delicate
{
    public int Id { get; set; }

    public Ticket Fragile { get; set; } = new("");

    /// <summary>Stored as something else each time.</summary>
    public Ticket? Drifting { get; set; }
}
