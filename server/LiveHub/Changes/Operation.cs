namespace LiveHub.Changes;

internal enum Operation
{
    Insert,
    Update,
    Delete,
}
