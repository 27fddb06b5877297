-- The path, or with "unique" behind it the beginning of paths that are asked for only once.
function init(args)
  local path = args[1]
  if args[2] == 'unique' then
    local counter = 0
    request = function()
      counter = counter + 1
      return wrk.format(nil, path .. counter)
    end
  else
    wrk.path = path
    local fixed = wrk.format()
    request = nil
    wrk.request = function() return fixed end
  end
end

function done(summary)
  local errors = summary.errors
  local failed = errors.status + errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format('RESULT {"requests":%d,"failed":%d,"seconds":%f}\n',
    summary.requests, failed, summary.duration / 1e6))
end
