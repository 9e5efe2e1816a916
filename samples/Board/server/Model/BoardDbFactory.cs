using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace BoardSample.Model;

/// <summary>For <c>dotnet ef migrations add</c> (after <c>dotnet tool restore</c>), which needs the model and no database.</summary>
internal sealed class BoardDbFactory : IDesignTimeDbContextFactory<BoardDb>
{
    public BoardDb CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<BoardDb>().UseNpgsql("Host=127.0.0.1;Database=board").Options);
}
