using Microsoft.EntityFrameworkCore;

namespace BenchServer;

/// <summary>The row that is changed.</summary>
public sealed class Ticket
{
    public int Id { get; set; }

    public string Title { get; set; } = "";

    public int ListId { get; set; }

    public bool Done { get; set; }
}

/// <summary>The table as LiveHub captures it.</summary>
public sealed class LiveDb(DbContextOptions<LiveDb> options) : DbContext(options)
{
    public DbSet<Ticket> Tickets => Set<Ticket>();
}

/// <summary>The same table without LiveHub.</summary>
public sealed class PlainDb(DbContextOptions<PlainDb> options) : DbContext(options)
{
    public DbSet<Ticket> Tickets => Set<Ticket>();
}
