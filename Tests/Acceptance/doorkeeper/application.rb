# The smallest Rails application with Doorkeeper, what GitLab and Mastodon authorize with, from Debian's packages.
# STATE: a folder of its own; EXPIRES: how many seconds an access token lives.
ENV["RAILS_ENV"] ||= "production"
require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "sqlite3"
require "doorkeeper"

STATE = ENV.fetch("STATE")
ENV["DATABASE_URL"] = "sqlite3:#{STATE}/doorkeeper.sqlite3"

class Application < Rails::Application
  config.root = STATE
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "0" * 64
  config.hosts.clear
  config.logger = Logger.new("#{STATE}/rails.log")
  config.log_level = :warn
end

Doorkeeper.configure do
  orm :active_record
  resource_owner_authenticator { User.find_by(name: params[:as]) || head(:unauthorized) }
  grant_flows %w[authorization_code client_credentials]
  default_scopes :"ticket.read"
  optional_scopes :"ticket.comment"
  use_refresh_token
  access_token_expires_in Integer(ENV.fetch("EXPIRES"))
  skip_authorization { true }
  force_ssl_in_redirect_uri false
  # Without this line a client may ask about its own tokens only.
  allow_token_introspection { |_token, _client, _| true }
  base_controller "ActionController::Base"
end

class User < ActiveRecord::Base; end
Application.initialize!
Application.routes.draw { use_doorkeeper }
ActiveRecord::Base.establish_connection(ENV["DATABASE_URL"])

unless ActiveRecord::Base.connection.table_exists?("oauth_applications")
  ActiveRecord::Schema.define do
    create_table(:users) { |t| t.string :name }
    create_table(:oauth_applications) do |t|
      t.string :name, null: false
      t.string :uid, null: false
      t.string :secret, null: false
      t.text :redirect_uri
      t.string :scopes, null: false, default: ""
      t.boolean :confidential, null: false, default: true
      t.timestamps null: false
    end
    create_table(:oauth_access_grants) do |t|
      t.references :resource_owner, null: false
      t.references :application, null: false
      t.string :token, null: false
      t.integer :expires_in, null: false
      t.text :redirect_uri, null: false
      t.datetime :created_at, null: false
      t.datetime :revoked_at
      t.string :scopes, null: false, default: ""
    end
    create_table(:oauth_access_tokens) do |t|
      t.references :resource_owner, index: true
      t.references :application
      t.string :token, null: false
      t.string :refresh_token
      t.integer :expires_in
      t.datetime :revoked_at
      t.datetime :created_at, null: false
      t.string :scopes
    end
    add_index :oauth_access_tokens, :token, unique: true
    add_index :oauth_access_tokens, :refresh_token, unique: true
  end
  %w[grantkeeper portal canary].each do |name|
    Doorkeeper::Application.create!(
      name: name, uid: name, secret: "#{name}-secret", redirect_uri: "http://127.0.0.1:1/cb",
      scopes: "ticket.read ticket.comment"
    )
  end
  (1..80).each { |number| User.create!(name: "u#{number}") }
end
