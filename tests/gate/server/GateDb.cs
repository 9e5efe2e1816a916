using Microsoft.EntityFrameworkCore;

namespace GateServer;

internal sealed class GateDb(DbContextOptions<GateDb> options) : DbContext(options)
{
    public DbSet<Guest> Guests => Set<Guest>();
}

internal sealed class Guest
{
    public string Id { get; set; } = "";

    public string Room { get; set; } = "";

    public string Name { get; set; } = "";
}
