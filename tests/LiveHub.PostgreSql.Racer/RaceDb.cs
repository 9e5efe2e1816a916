using Microsoft.EntityFrameworkCore;

namespace LiveHub.PostgreSql.Racer;

/// <summary>One row that everybody writes to.</summary>
public sealed class RaceDb(DbContextOptions<RaceDb> options) : DbContext(options)
{
    public DbSet<Prize> Prizes => Set<Prize>();
}

public sealed class Prize
{
    public int Id { get; set; }

    public string Holder { get; set; } = "";

    public int Round { get; set; }
}
