using System.Threading.Channels;
using LiveHub.Tests.Infrastructure;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LiveHub.PostgreSql.Tests.Hosting;

/// <summary>What the places do that save: they add a shelf in each way that the registration has.</summary>
internal static class Stock
{
    /// <summary>From the scope, through the factory, or both.</summary>
    public static IReadOnlyList<string> WaysOf(IServiceProvider services)
    {
        using var scope = services.CreateScope();
        var known = scope.ServiceProvider.GetRequiredService<IServiceProviderIsService>();
        return [.. new[] { (typeof(ShopDb), "scope"), (typeof(IDbContextFactory<ShopDb>), "factory") }.Where(w => known.IsService(w.Item1)).Select(w => w.Item2)];
    }

    public static async Task AddAsync(IServiceProvider scope, string place)
    {
        if (scope.GetService<ShopDb>() is { } scoped)
        {
            await AddAsync(scoped, $"{place}, scope");
        }

        if (scope.GetService<IDbContextFactory<ShopDb>>() is { } factory)
        {
            await using var made = await factory.CreateDbContextAsync();
            await AddAsync(made, $"{place}, factory");
        }
    }

    private static async Task AddAsync(ShopDb db, string name)
    {
        db.Add(new Shelf { Name = name });
        await db.SaveChangesAsync();
    }
}

/// <summary>MVC finds it by its name.</summary>
public sealed class StockController(IServiceProvider services) : ControllerBase
{
    [HttpPost("/controller")]
    public Task AddAsync(string name) => Stock.AddAsync(services, name);
}

/// <summary>Saves outside of any request.</summary>
internal sealed class StockService(ChannelReader<string> orders, IServiceScopeFactory scopes) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var order in orders.ReadAllAsync(stoppingToken))
        {
            await using var scope = scopes.CreateAsyncScope();
            await Stock.AddAsync(scope.ServiceProvider, order);
        }
    }
}
