namespace BoardSample.Api;

/// <summary>A request that cannot be met. <see cref="Problems"/> makes it a problem+json answer.</summary>
internal sealed class ApiException(int status, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Status { get; } = status;

    /// <summary>In <c>POST /api/transaction</c>: which operation failed.</summary>
    public int? OperationIndex { get; init; }

    public static ApiException BadRequest(string message) => new(StatusCodes.Status400BadRequest, message);

    public static ApiException BadField(string name, string why) => BadRequest($"'{name}' {why}.");

    public static ApiException NotFound(string what) => new(StatusCodes.Status404NotFound, $"There is no {what}.");
}
