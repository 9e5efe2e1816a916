using Microsoft.EntityFrameworkCore;

namespace FuzzServer;

/// <summary>Columns of every type; things 1 to 5 are changed while fuzzers are at work, the others never.</summary>
public sealed class FuzzDb(DbContextOptions<FuzzDb> options) : DbContext(options)
{
    public DbSet<Thing> Things => Set<Thing>();

    public DbSet<Link> Links => Set<Link>();

    public DbSet<Vault> Vaults => Set<Vault>();

    public static async Task CreateAsync(FuzzDb db)
    {
        await db.Database.EnsureCreatedAsync();
        for (var i = 1; i <= 20; i++)
        {
            db.Add(new Thing { Id = i, GroupId = i <= 5 ? 1 : 2, Text = $"thing {i}", Secret = $"secret-{i}" });
            db.Add(new Link { ThingId = i, Code = i % 2 == 0 ? "even" : "odd", Weight = i });
            db.Add(new Vault { Id = i, Content = $"secret-{i}" });
        }

        await db.SaveChangesAsync();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Thing>(thing =>
        {
            thing.Property(t => t.Id).ValueGeneratedNever();
            thing.Property(t => t.Named).HasConversion<string>();
            thing.Property(t => t.Price).HasPrecision(10, 2);
            thing.Property(t => t.Local).HasColumnType("timestamp without time zone");
            thing.Property(t => t.Json).HasColumnType("jsonb");
            thing.Property<string?>("Shadow");
        });
        modelBuilder.Entity<Link>().HasKey(l => new { l.ThingId, l.Code });
    }
}

public enum Color
{
    Red,
    Green,
    Blue,
}

public sealed class Thing
{
    public int Id { get; set; }

    public int GroupId { get; set; }

    public bool Flag { get; set; }

    public byte Small { get; set; }

    public short? Middle { get; set; }

    public uint Positive { get; set; }

    public long Big { get; set; } = long.MaxValue;

    public ulong Huge { get; set; }

    public float Narrow { get; set; }

    public double? Wide { get; set; }

    public decimal Price { get; set; } = 12.5m;

    public string? Text { get; set; }

    public char Letter { get; set; } = 'x';

    public Guid Uid { get; set; }

    public DateTimeOffset At { get; set; } = DateTimeOffset.UnixEpoch;

    public DateTime Utc { get; set; } = DateTime.UnixEpoch;

    public DateTime? Local { get; set; }

    public DateOnly Day { get; set; }

    public TimeOnly Time { get; set; }

    public TimeSpan Span { get; set; }

    public Color Color { get; set; }

    public Color Named { get; set; }

    public byte[] Data { get; set; } = [1, 2, 3];

    public List<string> Words { get; set; } = ["a", "b"];

    public string Json { get; set; } = "{}";

    /// <summary>Hidden.</summary>
    public string Secret { get; set; } = "";
}

public sealed class Link
{
    public int ThingId { get; set; }

    public string Code { get; set; } = "";

    public long Weight { get; set; }
}

/// <summary>Mapped and not exposed.</summary>
public sealed class Vault
{
    public int Id { get; set; }

    public string Content { get; set; } = "";
}
