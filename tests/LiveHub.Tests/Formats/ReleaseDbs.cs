using LiveHub.Formats;
using LiveHub.Model;
using LiveHub.Tests.Model;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Tests.Formats;

/// <summary>One application before a release.</summary>
internal sealed class OldDb(DbContextOptions<OldDb> options) : DbContext(options)
{
    public static LiveModel Live { get; } = Catalog.ModelOf<OldDb>(live => live
        .Expose<OldItem>(name: "Item").Expose<Retired>().Expose<OldPlan>(name: "Plan").Expose<OldCode>(name: "Code").Expose<OldNote>(name: "Note").Expose<OldLine>(name: "Line"));

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<OldItem>().Property(i => i.Stage).HasConversion<string>();
        modelBuilder.Entity<OldItem>().Property(i => i.Tag).HasConversion(t => t.Number, n => new Ticket(n));
        modelBuilder.Entity<OldNote>().Property(i => i.Word).HasConversion(v => v!.ToUpperInvariant(), v => v);
        modelBuilder.Entity<Retired>();
        modelBuilder.Entity<OldPlan>();
        modelBuilder.Entity<OldCode>();
        modelBuilder.Entity<OldLine>();
    }
}

/// <summary>The same application after it.</summary>
internal sealed class NewDb(DbContextOptions<NewDb> options) : DbContext(options)
{
    public static LiveModel Live { get; } = Catalog.ModelOf<NewDb>(live => live
        .Expose<NewItem>(item => item.Hide(i => i.Hidden), name: "Item").Expose<NewPlan>(name: "Plan").Expose<NewCode>(name: "Code").Expose<NewNote>(name: "Note").Expose<NewLine>(name: "Line"));

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<NewItem>().Property(i => i.Stage).HasConversion<string>();
        modelBuilder.Entity<NewNote>().Property(i => i.Word).HasConversion(t => t!.Value.Number, n => new Ticket(n));
        modelBuilder.Entity<NewPlan>();
        modelBuilder.Entity<NewCode>();
        modelBuilder.Entity<NewLine>();
    }
}

internal enum OldStage
{
    Open,
    Done,
}

internal enum NewStage
{
    Open,
    Blocked,
    Done,
}

internal sealed class OldItem
{
    public int Id { get; set; }

    public string Title { get; set; } = "";

    /// <summary>Gone in the next release.</summary>
    public string[] Remarks { get; set; } = [];

    public OldStage Stage { get; set; }

    public Ticket Tag { get; set; } = new("");

    public int Count { get; set; }

    public long Total { get; set; }

    public int? Rank { get; set; }

    public string? Hidden { get; set; }
}

internal sealed class NewItem
{
    public int Id { get; set; }

    public string Title { get; set; } = "";

    public NewStage Stage { get; set; }

    public string Tag { get; set; } = "";

    /// <summary>Wider than before.</summary>
    public long Count { get; set; }

    /// <summary>Narrower than before.</summary>
    public short Total { get; set; }

    /// <summary>Must be there now.</summary>
    public int Rank { get; set; }

    /// <summary>Nothing depends on it.</summary>
    public string? Hidden { get; set; }
}

internal sealed class Retired
{
    public int Id { get; set; }
}

internal sealed class OldPlan
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

/// <summary>With a new column.</summary>
internal sealed class NewPlan
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public DateOnly? Until { get; set; }
}

internal sealed class OldCode
{
    public int Id { get; set; }
}

/// <summary>With another key.</summary>
internal sealed class NewCode
{
    public Guid Id { get; set; }
}

/// <summary>With a value that is another one than what is stored.</summary>
internal sealed class OldNote
{
    public int Id { get; set; }

    public string? Word { get; set; }
}

/// <summary>With a value that is told by what is stored.</summary>
internal sealed class NewNote
{
    public int Id { get; set; }

    public Ticket? Word { get; set; }
}

internal sealed class OldLine
{
    public long Id { get; set; }
}

/// <summary>With a narrower key.</summary>
internal sealed class NewLine
{
    public int Id { get; set; }
}
