using System.Data.Common;
using System.Diagnostics;
using System.Transactions;
using ChaosServer;
using LiveHub;
using LiveHub.Backplane;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection.Extensions;

// The server of npm run chaos: an application whose writers, delays and broken rules are told from outside.
var builder = WebApplication.CreateBuilder(args);
var database = builder.Configuration.GetConnectionString("Chaos") ?? throw new InvalidOperationException("ConnectionStrings:Chaos is not set.");
var setting = builder.Configuration.GetSection("Chaos").Get<Setting>() ?? throw new InvalidOperationException("The section Chaos is not set.");
var broken = builder.Configuration["Break"];
builder.Logging.ClearProviders();
if (builder.Configuration["Trace"] is not null)
{
    builder.Logging.AddSimpleConsole(console => console.TimestampFormat = "HH:mm:ss.fff ").AddFilter("Microsoft", LogLevel.None);
}

builder.Services.AddSingleton<Delays>();
builder.Services.AddDbContextPool<ChaosDb>((services, options) => options.UseNpgsql(database).AddInterceptors(services.GetRequiredService<Delays>()));
builder.Services.AddLiveHub<ChaosDb>(live => live.Expose<Account>().Expose<Vault>().Expose<CardList>().Expose<Card>().Expose<CardLabel>().UsePostgreSql());
builder.Services.Configure<LiveHubOptions>(options =>
{
    // Small enough to be reached in seconds.
    options.MaxQueuedRows = 300;
    options.LogRetention.Count = 3_000;
    options.HeartbeatInterval = TimeSpan.FromSeconds(1);
});
builder.Services.AddSingleton<DelayedLog>(services =>
{
    IBackplane log = ActivatorUtilities.CreateInstance<MemoryBackplane>(services);
    return new(broken is null ? log : new BrokenLog(log, broken), services.GetRequiredService<Delays>());
});
builder.Services.Replace(ServiceDescriptor.Singleton<IBackplane>(services => services.GetRequiredService<DelayedLog>()));
builder.Services.AddScoped<Writer>();

var app = builder.Build();
await using (var scope = app.Services.CreateAsyncScope())
{
    await scope.ServiceProvider.GetRequiredService<ChaosDb>().CreateAsync(setting);
}

app.MapLiveHub("/live");
app.MapGet("/health", () => "ok");
app.MapGet("/state", (Delays delays, DelayedLog log) => new { delays.Counts.Appended, delays.Counts.Late, delays.Counts.Latest, log.Held });
app.MapPost("/release", (Delays delays) => delays.Release());
app.MapPost("/write", async (Write write, Writer writer) =>
{
    try
    {
        await writer.RunAsync(write);
        return Results.Ok();
    }
    catch (Exception e) when (e is DbException or DbUpdateException or TransactionException or InvalidOperationException or IOException)
    {
        // A row that is gone, a deadlock, a connection that was cut: the writer goes on with the next step.
        return Results.Problem(e.Message, statusCode: StatusCodes.Status409Conflict);
    }
});
await app.RunAsync();
