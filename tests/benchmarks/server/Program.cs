using BenchServer;
using LiveHub;
using Microsoft.EntityFrameworkCore;

// The server that benches measure: LiveHub and the hand-written way side by side, on the same table.
var builder = WebApplication.CreateBuilder(args);
using var counts = new Counts();
var database = builder.Configuration.GetConnectionString("Bench") ?? throw new InvalidOperationException("ConnectionStrings:Bench is not set.");
builder.WebHost.UseSockets(sockets => sockets.SendAtMost(builder.Configuration.GetValue<int?>("Bench:SendBufferBytes")));
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddDbContextPool<LiveDb>(options => options.UseNpgsql(database));
builder.Services.AddDbContextPool<PlainDb>(options => options.UseNpgsql(database));
var redis = builder.Configuration.GetConnectionString("Redis");
builder.Services.AddLiveHub<LiveDb>(live =>
{
    live.Expose<Ticket>().UsePostgreSql();
    if (redis is not null)
    {
        live.UseRedis(redis, options => options.Prefix = "bench");
    }
});
builder.Services.Configure<LiveHubOptions>(builder.Configuration.GetSection("LiveHub"));
builder.Services.AddSignalR();

var app = builder.Build();
await using (var scope = app.Services.CreateAsyncScope())
{
    var db = scope.ServiceProvider.GetRequiredService<PlainDb>();
    await db.Database.EnsureCreatedAsync();
    if (!await db.Tickets.AnyAsync())
    {
        db.AddRange(Enumerable.Range(0, 100).Select(i => new Ticket { Title = $"Ticket {i}", ListId = 1 + (i / 10) }));
        await db.SaveChangesAsync();
    }
}

// Whoever stops reading stays, for the bench `stall`.
app.MapLiveHub("/live", route => route.TransportSendTimeout = TimeSpan.FromMinutes(10));
app.MapHub<PlainHub>("/plain");
app.MapHub<DriverHub>("/driver");
app.MapSaves();
app.MapFanOut();
app.MapLists();
app.MapCounts(counts);
if (redis is not null)
{
    app.MapNodes(redis);
}

app.MapGet("/health", () => "ok");
await app.RunAsync();
